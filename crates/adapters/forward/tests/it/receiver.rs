//! Receivers: real listeners on this machine, each for one connection.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sclera_forward::{Address, Trust};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

/// A certificate for `localhost`, and the trust in it.
pub(crate) struct Made {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) pem: String,
}

pub(crate) fn made() -> Made {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let server = builder.with_single_cert(vec![cert.der().clone()], key).unwrap();
    Made { server: Arc::new(server), pem: cert.pem() }
}

impl Made {
    pub(crate) fn trust(&self) -> Trust {
        Trust::from_pem(self.pem.as_bytes(), None).unwrap()
    }
}

/// A listener and the thread that receives one connection.
pub(crate) fn receive<T: Send + 'static>(
    work: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (Address, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    (address, std::thread::spawn(move || work(listener.accept().unwrap().0)))
}

/// Reads to the end, then ends the connection, as receivers do.
pub(crate) fn to_the_end(mut stream: impl Read + Write) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The same over TLS.
pub(crate) fn protected(
    server: Arc<ServerConfig>,
    stream: TcpStream,
) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(server).unwrap(), stream)
}

/// Reads one request of HTTP: its head and its body.
pub(crate) fn request(stream: &mut impl Read) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}
