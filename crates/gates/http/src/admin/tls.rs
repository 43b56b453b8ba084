//! TLS configurations (`admin-api.md` section 12, `security-classes.md` section 6).

use crate::desk::{self, Desk, secret};
use crate::operation::{Done, FILTER, MAX_ROWS, NAME, Operation, Operations, Outcome, Row};
use crate::reject::Reject;
use crate::shape::{Member, Need, Shape, together, told};
use sclera_core::change::Kind;
use sclera_core::selection::Selection;
use sclera_store::port::{Activity, Store};
use serde_json::Value;

const CONFIGURATION: &[Member] = &[
    Member::text("Description"),
    Member::flag("Enabled").needed(Need::OnCreation),
    Member::integer("Type").needed(Need::OnCreation).about("0 client, 1 server"),
    Member::integer("VerifyPeer")
        .needed(Need::OnCreation)
        .about("0 no, 1 a certificate is asked for; of servers also 3, it is required"),
    Member::flag("AuthorizeCN"),
    Member::text("CAFile").about("a file below the directory for them"),
    Member::text("CAPath").about("a directory below that one"),
    Member::text("CertificateFile").about("a file below that directory"),
    Member::text("PrivateKeyFile").about("a file below that directory"),
    Member::integer("PrivateKeyType").about("1 DSA, 2 RSA, 3 ECDSA"),
    Member::new("CipherList", Shape::Texts(':')).about("up to TLS 1.2"),
    Member::new("Ciphersuites", Shape::Texts(':')).about("of TLS 1.3"),
    Member::integer("DiffieHellmanBits"),
    Member::integer("OCSP").about("1 yes, 0 no"),
    Member::text("OCSPIssuerCert").about("a file below that directory"),
    Member::text("OCSPResponseFile").about("a file below that directory"),
    Member::integer("OCSPTimeout").about("seconds"),
    Member::text("OCSPURL"),
    Member::integer("TLSMinVersion").about("2 SSL 3.0, 4 TLS 1.0, 8 TLS 1.1, 16 TLS 1.2, 32 TLS 1.3"),
    Member::integer("TLSMaxVersion").about("the same"),
    Member::integer("VerifyDepth"),
];

/// A password is set and never shown.
const BODY: &[Member] = &together::<{ CONFIGURATION.len() + 1 }>(
    CONFIGURATION,
    &[Member::secret("PrivateKeyPassword").needed(Need::Never).about("empty for none; it is kept sealed")],
);

/// The properties that name files.
const FILES: &[&str] =
    &["CAFile", "CAPath", "CertificateFile", "PrivateKeyFile", "OCSPIssuerCert", "OCSPResponseFile"];

const ROW: &[Member] = &[
    Member::text("Name"),
    Member::text("Description"),
    Member::flag("Enabled"),
    Member::new("Type", Shape::Coded(0, &["Client", "Server"])),
];

const PATH: &str = "/api/admin/v2/security/ssl-configuration";
const GROUP: &str = "TLS";
const KIND: Kind = Kind::SslConfig;

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const TLS: &'static [Operation<S, A>] = &[
        Operation::ask(
            Row::get("/api/admin/v2/security/ssl-configurations", GROUP, "Lists TLS configurations")
                .takes(&[FILTER, MAX_ROWS])
                .gives(Shape::List(&Shape::Object(ROW))),
            list::<S, A>,
        ),
        Operation::ask(
            Row::get(PATH, GROUP, "Reads a TLS configuration")
                .takes(&[NAME])
                .gives(Shape::Object(CONFIGURATION))
                .refuses(&[404]),
            read::<S, A>,
        ),
        Operation::ask(
            Row::put(PATH, GROUP, "Makes or changes a TLS configuration; what is not named stays as it is")
                .takes(&[NAME])
                .fields(BODY)
                .gives(Shape::Object(CONFIGURATION))
                .done(&[200, 201])
                .refuses(&[404, 409]),
            put::<S, A>,
        ),
        Operation::ask(
            Row::delete(PATH, GROUP, "Deletes a TLS configuration").takes(&[NAME]).refuses(&[404]),
            delete::<S, A>,
        ),
    ];
}

fn list<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let configurations = desk.engine.list(desk.session()?, KIND, &Selection::all())?;
    Outcome::result(desk.filtered(configurations.iter().map(|row| told(ROW, row)))?)
}

fn read<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    Outcome::result(shown(desk, desk.name()?)?)
}

fn put<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let password = desk.given.take_text("PrivateKeyPassword").map(Some).map(secret).transpose()?;
    let (name, properties) = (desk.name()?, desk.properties(CONFIGURATION)?);
    let before = desk.exists(KIND, name)?.then(|| desk.shown(KIND, name)).transpose()?;
    if before.is_none() {
        desk.given.complete(CONFIGURATION)?;
    }
    desk.site.files.judge(FILES, &properties, before.as_ref())?;
    let is_new = desk.put_config((KIND, name), properties, password.as_ref())?;
    desk::put(is_new, KIND, name, shown(desk, name)?)
}

fn delete<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    desk.delete_config(KIND, desk.name()?)
}

fn shown<S: Store, A: Activity>(desk: &Desk<'_, S, A>, name: &str) -> Result<Value, Reject> {
    Ok(Value::Object(told(CONFIGURATION, &desk.shown(KIND, name)?)))
}
