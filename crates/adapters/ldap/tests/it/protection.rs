//! 10.2: StartTLS and TLS, with a check of the name.

use crate::site::{Site, TLS};
use sclera_testkit::servers::Certificates;
use sclera_testkit::slapd::{PASSWORD, Slapd};

#[test]
fn a_connection_is_protected_as_the_configuration_says() {
    let Some(slapd) = Slapd::start() else { return };
    let mut site = Site::of(&slapd, TLS);
    let steps = |site: &Site| site.login("alice", Some(PASSWORD)).told.join("\n");
    site.config.host_names = format!("localhost:{}", slapd.port);
    assert!(steps(&site).contains("protected by StartTLS"), "{}", steps(&site));
    site.config.host_names = format!("ldaps://localhost:{}", slapd.tls_port);
    assert!(steps(&site).contains("protected by TLS"), "{}", steps(&site));
    assert_eq!(site.granted("alice", PASSWORD).name, "alice");
    site.config.flags &= !TLS;
    site.config.host_names = format!("127.0.0.1:{}", slapd.port);
    assert!(steps(&site).contains("not protected"), "{}", steps(&site));
}

#[test]
fn a_server_that_is_not_to_be_believed_gets_no_password() {
    let Some(slapd) = Slapd::start() else { return };
    let other = Certificates::of("localhost", tempfile::tempdir().unwrap().keep().as_path());
    for scheme in ["ldap", "ldaps"] {
        let port = if scheme == "ldap" { slapd.port } else { slapd.tls_port };
        let refused = |change: &dyn Fn(&mut Site), why: &str| {
            let mut site = Site::of(&slapd, TLS);
            site.config.host_names = format!("ldaps://localhost:{port}");
            if scheme == "ldap" {
                site.config.host_names = format!("localhost:{port}");
            }
            change(&mut site);
            let spoken = site.login("alice", Some(PASSWORD));
            let told = spoken.told.join("\n");
            assert_eq!(crate::site::code(&spoken), 964);
            assert!(told.contains(why) && !told.contains("bound"), "{scheme}: {told}");
        };
        // The certificate is for localhost, and not for its address.
        refused(
            &|site| site.config.host_names = site.config.host_names.replace("localhost", "127.0.0.1"),
            "certificate",
        );
        refused(&|site| site.config.ca_file = other.authority.display().to_string(), "certificate");
        refused(&|site| site.config.ca_file = String::new(), "LDAPCACertFile");
        refused(&|site| site.config.ca_file = "/nowhere".to_owned(), "LDAPCACertFile");
        refused(
            &|site| site.config.ca_file = slapd.folder().join("slapd.conf").display().to_string(),
            "LDAPCACertFile",
        );
    }
}
