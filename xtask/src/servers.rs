//! What tests drive besides the product: servers, their clients, and libraries that stand in for those of the system. A
//! test whose program is missing says what it skips; here they are installed where that is possible, so that nothing is.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::tools;

/// Packages of Debian and Ubuntu, and what of it tests drive.
const PACKAGES: &[(&str, &str)] = &[
    ("caddy", "a web server that asks who may come through"),
    ("chromium", "the browser that pages are opened in"),
    ("chromium-driver", "what drives it"),
    ("curl", "a client of HTTP"),
    (JDK, "Java, and its compiler"),
    ("g++", "the compiler of libFuzzer"),
    ("iproute2", "hosts in network namespaces"),
    ("jq", "JSON in a script"),
    ("krb5-admin-server", "kadmin.local, which fills the database of a KDC"),
    ("krb5-kdc", "the Kerberos server"),
    ("krb5-user", "kinit, klist, kvno"),
    ("ldap-utils", "ldapsearch, ldapwhoami, ldapmodify"),
    ("libpam-wrapper", "PAM with a configuration of the test"),
    ("libpostgresql-jdbc-java", "the driver of PostgreSQL for Java"),
    ("nginx-light", "a web server behind the gate before web applications"),
    ("openssl", "certificates as others make them"),
    ("postgresql", "the database behind the gate before SQL, psql and pgbench"),
    ("python3", "the client in Python"),
    ("python3-fastapi", "web applications in Python"),
    ("python3-uvicorn", "their server"),
    ("rsyslog", "a syslog receiver"),
    ("rsyslog-gnutls", "its TLS"),
    ("slapd", "the LDAP server"),
    ("snmp", "snmpwalk, snmpget, snmpset"),
    ("snmpd", "the SNMP agent whose subagent ours is"),
];

/// What of Java a test needs. Another package may have brought it.
const JDK: &str = "default-jdk-headless";

/// Asked by dpkg before it lets a package start its daemon; 101 forbids it.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs what is missing. Where that cannot be done, it says so: then the tests that need it skip themselves.
pub(crate) fn ensure() {
    match missing() {
        Err(_) => println!("No dpkg here: tests skip what needs a program that is missing, and say so."),
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => {
            for (package, what) in PACKAGES.iter().filter(|(package, _)| missing.contains(package)) {
                println!("missing: {package} ({what})");
            }
            if let Err(error) = install(&missing) {
                println!("Not installed, so the tests that need them skip themselves: {error:#}");
            }
        }
    }
}

/// The packages that are not installed.
fn missing() -> Result<Vec<&'static str>> {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Status} ${Package}\\n"]);
    // It ends with an error as soon as it knows one of them not at all, and lists the others.
    let listed = query.args(PACKAGES.iter().map(|(package, _)| package)).output().context("dpkg-query")?;
    let missing = missing_by(&String::from_utf8_lossy(&listed.stdout));
    let has_java = tools::is_there("javac");
    Ok(missing.into_iter().filter(|package| *package != JDK || !has_java).collect())
}

fn missing_by(listed: &str) -> Vec<&'static str> {
    let is_installed =
        |package: &str| listed.lines().any(|line| line.strip_prefix("installed ") == Some(package));
    PACKAGES.iter().map(|(package, _)| *package).filter(|package| !is_installed(package)).collect()
}

fn install(packages: &[&str]) -> Result<()> {
    let _quiet = NoDaemons::begin(Path::new(POLICY))?;
    tools::apt_install(packages)
}

/// As long as it lives no package starts its daemon: tests start their own, with a configuration of their own.
struct NoDaemons<'a>(Option<&'a Path>);

impl<'a> NoDaemons<'a> {
    /// A policy that the machine has stays: it is not ours to change.
    fn begin(policy: &'a Path) -> Result<Self> {
        if policy.exists() || !tools::is_root()? {
            return Ok(Self(None));
        }
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o755).open(policy)?;
        std::io::Write::write_all(&mut file, b"#!/bin/sh\nexit 101\n")?;
        Ok(Self(Some(policy)))
    }
}

impl Drop for NoDaemons<'_> {
    fn drop(&mut self) {
        if let Some(policy) = self.0 {
            let _ = fs::remove_file(policy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_installed_is_missing() {
        let listed: String = PACKAGES.iter().map(|(package, _)| format!("installed {package}\n")).collect();
        assert!(missing_by(&listed).is_empty());
        let removed = listed.replace("installed slapd\n", "config-files slapd\n");
        assert_eq!(missing_by(&removed), ["slapd"]);
        assert_eq!(missing_by("").len(), PACKAGES.len());
    }

    #[test]
    fn the_list_is_in_order_and_names_each_once() {
        assert!(PACKAGES.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn daemons_are_forbidden_only_meanwhile_and_a_policy_that_is_there_stays() {
        let policy = std::env::temp_dir().join(format!("sclera-policy-{}", std::process::id()));
        if tools::is_root().unwrap() {
            let quiet = NoDaemons::begin(&policy).unwrap();
            assert!(Command::new(&policy).status().unwrap().code() == Some(101));
            drop(quiet);
            assert!(!policy.exists());
        }
        fs::write(&policy, "the site's").unwrap();
        drop(NoDaemons::begin(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "the site's");
        fs::remove_file(&policy).unwrap();
    }
}
