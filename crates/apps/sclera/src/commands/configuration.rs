//! `check-config`: says what `DIR/sclera.toml` means.

use crate::configuration::{ClientCertificates, Configuration, Snmp};
use crate::failure::Failure;
use crate::gates::Settings as Gate;
use crate::outlets::Settings;
use crate::output::Output;
use crate::site;
use sclera::Properties;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) fn run(directory: &Path, output: &Output) -> Result<u8, Failure> {
    let configuration = Configuration::read(directory)?;
    let path = Configuration::path(directory);
    let exists = path.exists();
    let outlets: Vec<String> = configuration.outlets.iter().map(Settings::told).collect();
    let gates: Vec<String> = configuration.gates.iter().map(Gate::told).collect();
    let clients = configuration.tls.as_ref().and_then(|tls| tls.clients.as_ref());
    let record = Properties::new()
        .with("File", path.display().to_string().as_str())
        .with("Exists", exists)
        .with("listen", configuration.listen.to_string().as_str())
        .with("prefix", configuration.prefix.as_str())
        .with("trusted_proxies", configuration.trusted.join(",").as_str())
        .with("access_log", path_of(configuration.access_log.as_ref()).as_str())
        .with("named_files", path_of(configuration.named_files.as_ref()).as_str())
        .with("tls.certificate", path_of(configuration.tls.as_ref().map(|tls| &tls.certificate)).as_str())
        .with("tls.key", path_of(configuration.tls.as_ref().map(|tls| &tls.key)).as_str())
        .with("tls.client_ca", path_of(clients.map(|clients| &clients.authorities)).as_str())
        .with("tls.client_certificates", clients.map(ClientCertificates::word).unwrap_or_default())
        .with("socket.access", configuration.socket_access.word())
        .with("audit.forward", outlets.join("; ").as_str())
        .with("ldap.patience_ms", milliseconds(configuration.outside.ldap_patience))
        .with("gate", gates.join("; ").as_str())
        .with("codes", site::told_of_codes(configuration.outside.codes.as_ref()).as_str())
        .with("delegated", site::told_of_delegated(configuration.outside.delegated.as_ref()).as_str())
        .with("os", site::told_of_os(configuration.outside.os_passwords.as_ref()).as_str())
        .with("kerberos", site::told_of_kerberos(configuration.outside.kerberos.as_ref()).as_str())
        .with("snmp", configuration.snmp.as_ref().map(Snmp::told).unwrap_or_default().as_str());
    // Before anything is said: what cannot be served with is no configuration.
    if let Some(tls) = &configuration.tls {
        tls.load_http()?;
    }
    for gate in &configuration.gates {
        gate.check()?;
        for warning in gate.warnings() {
            output.warn(&warning);
        }
    }
    for outlet in &configuration.outlets {
        outlet.open("")?;
    }
    configuration.outside.check(directory)?;
    if let Some(warning) = configuration.listen.warning(configuration.tls.is_some()) {
        output.warn(warning);
    }
    output.record(&record);
    output.mention(if exists {
        if configuration.tls.is_some() {
            "the file is understood; the certificate and the key can be read and fit"
        } else {
            "the file is understood"
        }
    } else {
        "there is no file; these are the defaults"
    });
    Ok(0)
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn path_of(file: Option<&PathBuf>) -> String {
    file.map(|file| file.display().to_string()).unwrap_or_default()
}
