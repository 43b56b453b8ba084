//! The gate before protocols that are not spoken here: whoever passes is connected to the upstream, byte for byte.
//!
//! At a basic service switch, address and protection are all that is asked. At one with a resource somebody must be proven,
//! and the protocol cannot be asked: there the certificate of the client says who it is, and Use on the service is asked as
//! of anybody.

use crate::pump::{Fault, First};
use crate::subject::common_name;
use crate::upstream::Upstream;
use crate::visitor::{Ended, Protocol, Served, Visitor};
use crate::wire::Wire;
use sclera_authn::admission::{Attempt, Offer};
use sclera_engine::{Door, Session};
use sclera_store::port::{Activity, Store};
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Connects whoever passes to an upstream.
#[derive(Debug)]
pub struct Relay {
    /// What stands behind the gate.
    pub upstream: Upstream,
}

impl<S: Store, A: Activity> Protocol<S, A> for Relay {
    fn kind(&self) -> &'static str {
        "tcp"
    }

    fn upstream(&self) -> String {
        self.upstream.to_string()
    }

    fn door(&self) -> Door {
        Door::Tcp
    }

    fn serve(self: Arc<Self>, visitor: Visitor<S, A>, stream: TcpStream) -> Served {
        Box::pin(async move { self.passes(visitor, stream).await })
    }
}

impl Relay {
    async fn passes<S: Store, A: Activity>(
        &self,
        mut visitor: Visitor<S, A>,
        stream: TcpStream,
    ) -> Result<(), Ended> {
        let wire = visitor.protect(stream).await?;
        let is_person = !visitor.connected.is_basic;
        let session = if is_person { Some(admitted(&visitor, &wire).await?) } else { None };
        let behind = self.upstream.connect(&visitor.limits).await.map_err(Ended::Upstream)?;
        let between = format!("Between: {} and {}", visitor.peer, self.upstream);
        if session.is_none() {
            visitor.tell(None, &between).await?;
        }
        let first = if visitor.protection.tls().is_none() { First::NotTls } else { First::Any };
        let flow = visitor.flow();
        let passed = visitor.pass_on(session.as_ref(), wire, behind, first, &flow).await;
        match session {
            None => visitor.tell(Some(&flow), &between).await?,
            Some(session) => visitor.leave(session).await?,
        }
        match passed {
            Ok(()) => Ok(()),
            Err(Fault::Cut) => Err(Ended::Cut),
            Err(Fault::Idle) => Err(Ended::Peer(io::ErrorKind::TimedOut.into())),
            Err(Fault::TlsBegun) => {
                Err(visitor.refuse(sclera_authn::admission::Transport::TlsThoughNotConfigured).await)
            }
            Err(Fault::Broken(error)) => Err(Ended::Peer(error)),
        }
    }
}

/// The session of whoever the certificate names.
async fn admitted<S: Store, A: Activity>(visitor: &Visitor<S, A>, wire: &Wire) -> Result<Session, Ended> {
    // Without a name nobody is named, and the engine says what that comes to.
    let name = wire.certificate().and_then(common_name).unwrap_or_default();
    let attempt = Attempt { offer: Offer::Certificate(name), ..visitor.attempt() };
    visitor.admit(attempt).await?.map_err(|_| Ended::Refused)
}
