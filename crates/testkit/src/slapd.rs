//! A real directory: OpenLDAP's `slapd`, with its own configuration, users, groups and certificates.
//!
//! Nobody but the search user reads anything. There are the classes that IRIS registers (`authentication.md` 10.5), and the
//! attributes by which Active Directory tells the state of an account.

use crate::servers::{Certificates, Running, free_port, programs};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Where everything is.
pub const BASE: &str = "dc=example,dc=test";
/// The search user and its password.
pub const READER: &str = "cn=reader,dc=example,dc=test";
/// The password of the search user.
pub const READER_PASSWORD: &str = "reader-Quill-31";
/// The password of every user.
pub const PASSWORD: &str = "Heron-Lantern-58";

/// A directory at work.
pub struct Slapd {
    running: Option<Running>,
    folder: TempDir,
    program: PathBuf,
    /// Where it speaks LDAP, and StartTLS.
    pub port: u16,
    /// Where it speaks TLS from the first byte.
    pub tls_port: u16,
    /// The certificate of the authority that its own, for `localhost`, is signed by.
    pub authority: PathBuf,
}

impl Slapd {
    /// A directory with the users of [`DATA`]; none where slapd is not installed.
    pub fn start() -> Option<Self> {
        let [program, slapadd, ..] = programs(["slapd", "slapadd", "ldapsearch", "ldapmodify", "openssl"])?;
        let folder = tempfile::tempdir().expect("a folder");
        let certificates = Certificates::of("localhost", folder.path());
        fs::create_dir(folder.path().join("db")).expect("a folder");
        let configuration = folder.path().join("slapd.conf");
        fs::write(&configuration, configured(folder.path(), &certificates)).expect("a file");
        let data = folder.path().join("data.ldif");
        fs::write(&data, DATA.replace("{PASSWORD}", PASSWORD).replace("{READER}", READER_PASSWORD))
            .expect("a file");
        let filled = Command::new(slapadd).arg("-f").arg(&configuration).arg("-l").arg(&data).output();
        let filled = filled.expect("slapadd");
        assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
        let (port, tls_port) = (free_port(), free_port());
        let authority = certificates.authority;
        let mut slapd = Self { running: None, folder, program, port, tls_port, authority };
        slapd.restart();
        Some(slapd)
    }

    /// Starts it again, at the same ports and with what it kept.
    pub fn restart(&mut self) {
        self.running = None;
        let urls = format!("ldap://127.0.0.1:{} ldaps://127.0.0.1:{}", self.port, self.tls_port);
        let mut command = Command::new(&self.program);
        // In the foreground, so that the process is the server.
        command.args(["-d", "0", "-h", &urls, "-f"]).arg(self.folder.path().join("slapd.conf"));
        self.running = Some(Running::start(&mut command, self.folder.path().join("log"), self.port));
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        self.running.as_mut().expect("it runs")
    }

    /// A client of OpenLDAP as the search user: `ldapsearch` and the like.
    pub fn client(&self, program: &str, arguments: &[&str]) -> Output {
        self.client_as(READER, READER_PASSWORD, program, arguments, "")
    }

    /// The same as somebody else, with input.
    pub fn client_as(
        &self,
        dn: &str,
        password: &str,
        program: &str,
        arguments: &[&str],
        input: &str,
    ) -> Output {
        let url = format!("ldap://127.0.0.1:{}", self.port);
        let mut command = Command::new(program);
        command.args(["-x", "-H", &url, "-D", dn, "-w", password]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the client");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }

    /// Changes entries as their administrator: LDIF for `ldapmodify`.
    pub fn change(&self, ldif: &str) {
        let done = self.client_as(&format!("cn=admin,{BASE}"), "admin", "ldapmodify", &[], ldif);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn configured(folder: &Path, certificates: &Certificates) -> String {
    let path = |path: &Path| path.display().to_string();
    CONFIGURATION
        .replace("{FOLDER}", &path(folder))
        .replace("{AUTHORITY}", &path(&certificates.authority))
        .replace("{CERTIFICATE}", &path(&certificates.certificate))
        .replace("{KEY}", &path(&certificates.key))
        .replace("{BASE}", BASE)
        .replace("{READER}", READER)
}

const CONFIGURATION: &str = r"
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof

attributetype ( 1.2.840.113556.1.8000.2448.2.1 NAME 'intersystems-Namespace' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.8000.2448.2.2 NAME 'intersystems-Routine' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{128} SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.8000.2448.2.3 NAME 'intersystems-Roles' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.8000.2448.2.4 NAME 'intersystems-EscalationRoles' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.2.840.113556.1.8000.2448.1.1 NAME 'intersystemsAccount' SUP top AUXILIARY MAY ( intersystems-Roles $ intersystems-EscalationRoles $ intersystems-Routine $ intersystems-Namespace ) )

attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.96 NAME 'pwdLastSet' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9.1 NAME 'activeAccount' SUP top AUXILIARY MAY ( sAMAccountName $ userAccountControl $ accountExpires $ pwdLastSet ) )

TLSCACertificateFile {AUTHORITY}
TLSCertificateFile {CERTIFICATE}
TLSCertificateKeyFile {KEY}
pidfile {FOLDER}/slapd.pid

database mdb
suffix {BASE}
rootdn cn=admin,{BASE}
rootpw admin
directory {FOLDER}/db
maxsize 67108864
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact={READER} read by * none
";

/// The users. All have the same password: `alice` with attributes, `bob` in groups, `carol` with nothing, `dave` as
/// Active Directory knows one, `twin` twice, and `rené`.
pub const DATA: &str = r"dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: cn=reader,dc=example,dc=test
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER}

dn: ou=people,dc=example,dc=test
objectClass: organizationalUnit
ou: people

dn: ou=others,dc=example,dc=test
objectClass: organizationalUnit
ou: others

dn: ou=groups,dc=example,dc=test
objectClass: organizationalUnit
ou: groups

dn: uid=alice,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: intersystemsAccount
uid: alice
cn: Alice Liddell
sn: Liddell
displayName: Alice Liddell
description: Ward 3
mail: alice@example.test
mobile: +49 151 0001
employeeNumber: 77
intersystems-Roles: Nurse
intersystems-Roles: NoSuchRole
intersystems-EscalationRoles: Chief
intersystems-Namespace: USER
intersystems-Routine: MENU
userPassword: {PASSWORD}

dn: uid=bob,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: Bob
userPassword: {PASSWORD}

dn: uid=carol,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
uid: carol
cn: Carol
sn: Carol
userPassword: {PASSWORD}

dn: cn=Dave,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: activeAccount
cn: Dave
sn: Dave
sAMAccountName: dave
userAccountControl: 512
accountExpires: 9223372036854775807
pwdLastSet: 133000000000000000
userPassword: {PASSWORD}

dn: uid=twin,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
uid: twin
cn: Twin
sn: Twin
userPassword: {PASSWORD}

dn: uid=twin,ou=others,dc=example,dc=test
objectClass: inetOrgPerson
uid: twin
cn: Twin
sn: Twin
userPassword: {PASSWORD}

dn: cn=intersystems-Instance-node1-Role-Nurse^Clerk,ou=groups,dc=example,dc=test
objectClass: groupOfNames
cn: intersystems-Instance-node1-Role-Nurse^Clerk
member: uid=bob,ou=people,dc=example,dc=test

dn: cn=intersystems-Instance-node2-Role-Chief,ou=groups,dc=example,dc=test
objectClass: groupOfNames
cn: intersystems-Instance-node2-Role-Chief
member: uid=bob,ou=people,dc=example,dc=test

dn: cn=intersystems-Namespace-USER,ou=groups,dc=example,dc=test
objectClass: posixGroup
cn: intersystems-Namespace-USER
gidNumber: 5000
memberUid: bob

dn: cn=ward,ou=groups,dc=example,dc=test
objectClass: groupOfUniqueNames
cn: ward
uniqueMember: uid=bob,ou=people,dc=example,dc=test

dn: cn=intersystems-Role-Chief,ou=groups,dc=example,dc=test
objectClass: groupOfNames
cn: intersystems-Role-Chief
member: cn=ward,ou=groups,dc=example,dc=test
member: cn=intersystems-Role-Chief,ou=groups,dc=example,dc=test
";
