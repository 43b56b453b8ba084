//! The security model of Sclera: who may do what, and every rule about changing that.
//!
//! This crate is pure: it reads no file, no clock and no environment, and what it decides depends on its arguments
//! alone. Start with [`policy::Policy`], the settings of an instance without its users; [`decision`] answers
//! questions on it, [`snapshot`] makes a flat image of it that other processes decide from, [`explain`] says why, and [`change::Change`] is the only way to a different one.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod address;
pub mod application;
pub mod change;
pub mod decision;
pub mod doc_db;
pub mod event;
pub mod explain;
pub mod hex;
pub mod id;
pub mod layout;
pub mod ldap_config;
pub mod login;
pub mod name;
pub mod pattern;
pub mod permission;
pub mod phone_provider;
pub mod policy;
pub mod privilege;
pub mod process;
pub mod production;
pub mod property;
pub mod resource;
pub mod role;
pub mod selection;
pub mod service;
pub mod snapshot;
pub mod sql;
pub mod ssl_config;
pub mod status;
pub mod superserver;
pub mod system;
pub mod time;
pub mod user;
pub mod x509_user;
