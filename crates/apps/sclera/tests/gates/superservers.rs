//! Superservers before a real server: the switch, the port, and TLS by a configuration of the settings, with openssl.

use crate::{Scratch, echo, echoes, gate, is_there, make_certificates, openssl_echoes};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const ECP: &str = "%Service_ECP";

/// A gate of ECP at a port that nobody has, and the port.
fn house(scratch: &mut Scratch) -> (String, String) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = gate(ECP, &echo(), "drain-seconds = 0").replace("127.0.0.1:0", &address.to_string());
    scratch.ok(&["service", "modify", ECP, "--set", "Enabled=1"]);
    scratch.serve(&text);
    scratch.wait(ECP, "open");
    (address.to_string(), address.port().to_string())
}

#[test]
fn a_superserver_says_what_passes_at_its_port() {
    let mut scratch = Scratch::new();
    let (address, port) = house(&mut scratch);
    assert!(echoes(&address), "no superserver says anything");
    scratch.ok(&["superserver", "create", &port]);
    assert!(!echoes(&address), "EnableECP is off");
    assert!(scratch.refusals().contains("#800") && scratch.refusals().contains("EnableECP of superserver"));
    let services = scratch.json(&["service", "show", ECP]);
    assert_eq!(services["Enabled"], true, "DEC-S23");
    scratch.ok(&["superserver", "modify", &port, "--set", "EnableECP=1"]);
    assert!(echoes(&address));
    scratch.ok(&["superserver", "modify", &port, "--set", "Enabled=0"]);
    scratch.wait(ECP, "closed");
    assert!(!echoes(&address));
    scratch.ok(&["superserver", "modify", &port, "--set", "Enabled=1"]);
    scratch.wait(ECP, "open");
    assert!(echoes(&address));
    let told = scratch.json(&["audit", "list", "--events", "ServerChange"]);
    assert_eq!(told.as_array().unwrap().len(), 4, "{told}");
}

#[test]
fn openssl_comes_by_the_configuration_of_a_superserver() {
    if !is_there("openssl") {
        return;
    }
    let mut scratch = Scratch::new();
    let folder = scratch.folder.path().to_owned();
    make_certificates(&folder);
    let (address, port) = house(&mut scratch);
    let file = |name: &str| folder.join(name).display().to_string();
    let set = |name: &str, value: &str| ["--set".to_owned(), format!("{name}={value}")];
    let front: Vec<String> = [
        set("Type", "1"),
        set("CertificateFile", &file("server.pem")),
        set("PrivateKeyFile", &file("server.key")),
        set("CAFile", &file("ca.pem")),
    ]
    .concat();
    let create: Vec<&str> =
        ["ssl", "create", "Front"].into_iter().chain(front.iter().map(String::as_str)).collect();
    scratch.ok(&create);
    scratch.ok(&["superserver", "create", &port, "--set", "EnableECP=1", "--set", "SSLConfig=Front"]);
    let level = |level: &str, tls: &str| {
        scratch.ok(&["superserver", "modify", &port, "--set", &format!("SSLSupportLevel={level}")]);
        waits(&scratch, tls);
    };
    let comes = |name: &str| openssl_echoes(&folder, &address, name);
    assert!(echoes(&address) && !comes("ann"), "level 0");
    assert!(scratch.refusals().contains("#996"));
    level("1", "accept");
    assert!(echoes(&address) && comes("ann"));
    level("2", "require");
    assert!(!echoes(&address) && comes("ann") && comes("stranger"), "nobody is asked for a certificate");
    assert!(scratch.refusals().contains("#995"));
    // With VerifyPeer the client is asked, and believed by CAFile alone.
    scratch.ok(&["ssl", "modify", "Front", "--set", "VerifyPeer=3"]);
    assert!(!comes("stranger"), "a certificate of another authority");
    assert!(comes("ann") && comes("eve"));
    fs::write(folder.join("revoked.pem"), revocations(&folder, "eve")).unwrap();
    scratch.ok(&["ssl", "modify", "Front", "--set", &format!("CRLFile={}", file("revoked.pem"))]);
    assert!(comes("ann") && !comes("eve"), "a certificate that is revoked");
    // Files are read again when the service is restarted; connections go on.
    fs::write(folder.join("revoked.pem"), revocations(&folder, "ann")).unwrap();
    assert!(comes("ann"));
    scratch.ok(&["service", "restart", ECP]);
    let until = Instant::now() + Duration::from_secs(20);
    while comes("ann") {
        assert!(Instant::now() < until, "the list is read again");
    }
    assert!(comes("eve"));
    scratch.ok(&["ssl", "modify", "Front", "--set", "CRLFile=", "--set", "AuthorizeCN=1"]);
    waits(&scratch, "require: TLS configuration Front: AuthorizeCN is not looked at here");
    scratch.ok(&["ssl", "modify", "Front", "--set", "AuthorizeCN=0"]);
    // A key that a password opens.
    let lock = ["pkey", "-aes256", "-in", "server.key", "-out", "locked.key", "-passout", "pass:Heron-7"];
    assert!(Command::new("openssl").current_dir(&folder).args(lock).status().unwrap().success());
    scratch.ok(&["ssl", "modify", "Front", "--set", &format!("PrivateKeyFile={}", file("locked.key"))]);
    waits(
        &scratch,
        "require: TLS configuration Front: PrivateKeyFile: there is no private key in PEM that is not encrypted",
    );
    let password = |password: &str| {
        let mut command = scratch.command(&["ssl", "private-key-password", "Front"]);
        let done = command.env("SCLERA_NEW_PASSWORD", password).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    password("Heron-8");
    waits(
        &scratch,
        "require: TLS configuration Front: PrivateKeyFile: the password does not open the private key, or it is not encrypted as PKCS #8 \
         by PBES2",
    );
    assert!(!comes("ann"));
    password("Heron-7");
    waits(&scratch, "require");
    assert!(comes("ann"));
    // Versions before 1.2 are not spoken, and then nothing is.
    scratch.ok(&["ssl", "modify", "Front", "--set", "TLSMinVersion=4", "--set", "TLSMaxVersion=8"]);
    waits(&scratch, "require: TLS configuration Front: only TLS 1.2 and 1.3 are spoken here");
    assert!(!comes("ann") && !echoes(&address));
    let pipe = file("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in ["/dev/zero", &pipe] {
        let key = format!("PrivateKeyFile={path}");
        scratch.ok(&["ssl", "modify", "Front", "--set", "TLSMaxVersion=32", "--set", &key]);
        let until = Instant::now() + Duration::from_secs(20);
        while !scratch.gate(ECP)["TLS"].as_str().unwrap().contains(path) {
            assert!(Instant::now() < until, "{}", scratch.gate(ECP));
        }
        assert!(!comes("ann"), "{path}");
    }
    let begun = Instant::now();
    scratch.stop();
    assert!(begun.elapsed() < Duration::from_secs(15));
}

fn waits(scratch: &Scratch, tls: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    while scratch.gate(ECP)["TLS"] != tls {
        assert!(Instant::now() < until, "{} and not {tls}", scratch.gate(ECP)["TLS"]);
    }
}

/// A list of the authority that the certificate of somebody is revoked.
fn revocations(folder: &Path, name: &str) -> String {
    let asked = Command::new("openssl")
        .current_dir(folder)
        .args(["x509", "-noout", "-serial", "-in", &format!("{name}.pem")])
        .output()
        .unwrap();
    let serial = String::from_utf8(asked.stdout).unwrap();
    let serial = serial.trim().strip_prefix("serial=").unwrap();
    let configuration =
        "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\n";
    fs::write(folder.join("ca.cnf"), configuration).unwrap();
    fs::write(folder.join("crlnumber"), "01\n").unwrap();
    fs::write(
        folder.join("index.txt"),
        format!("R\t991231235959Z\t240101000000Z\t{serial}\tunknown\t/CN={name}\n"),
    )
    .unwrap();
    let list =
        ["ca", "-config", "ca.cnf", "-gencrl", "-crldays", "30", "-cert", "ca.pem", "-keyfile", "ca.key"];
    let made = Command::new("openssl").current_dir(folder).args(list).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap()
}

/// What a client says first that begins TLS, and one of SQL that asks whether it may.
const BEGINS: &[u8] = &[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];
const ASKS: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];

/// Every front end, at a superserver of its own: the switch, and TLS where there is none or none that can protect.
#[test]
fn every_front_end_goes_by_its_superserver() {
    let mut scratch = Scratch::new();
    let services = [
        ("%Service_Bindings", "EnableClients", "upstream = \"/nowhere\"\nrole = \"clinic\""),
        ("%Service_WebGateway", "EnableCSP", "upstream = \"/nowhere\"\napplications = [\"/open\"]"),
        ("%Service_Monitor", "EnableSNMP", ""),
        ("%Service_DataCheck", "EnableDataCheck", ""),
    ];
    let places = services.map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let gates = services.iter().zip(places).map(|((service, _, more), address)| {
        scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
        format!("[[gate]]\nservice = \"{service}\"\nlisten = \"{address}\"\n{more}\n")
    });
    let gates: String = gates.collect();
    scratch.serve(&gates);
    for ((service, switch, _), address) in services.into_iter().zip(places) {
        scratch.wait(service, "open");
        let port = address.port().to_string();
        let ends = |first: &[u8], code: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let _ = stream.write_all(first);
            let mut told = Vec::new();
            let _ = stream.read_to_end(&mut told);
            assert!(told.is_empty(), "{service}: {told:?}");
            let refused = scratch.gate(service)["LastRefusal"].to_string();
            assert!(refused.contains(code), "{service}: {refused}");
        };
        let set = |name: &str, value: &str| {
            scratch.ok(&["superserver", "modify", &port, "--set", &format!("{name}={value}")]);
        };
        scratch.ok(&["superserver", "create", &port, "--set", &format!("{switch}=0")]);
        ends(BEGINS, "#800");
        set(switch, "1");
        ends(BEGINS, "#996");
        scratch.ok(&[
            "superserver",
            "modify",
            &port,
            "--set",
            "SSLSupportLevel=1",
            "--set",
            "SSLConfig=None",
        ]);
        ends(BEGINS, "#996");
        if service == "%Service_Bindings" {
            ends(ASKS, "#996");
        } else {
            set("SSLSupportLevel", "2");
            ends(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "#995");
        }
    }
}
