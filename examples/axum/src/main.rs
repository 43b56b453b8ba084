//! Runs the application at `127.0.0.1:8080`: `cargo run --package example-axum`. `SCLERA_URL` is where Sclera is, and
//! `SCLERA_CA` a file with the certificate that it is trusted by.

#![forbid(unsafe_code)]

use sclera_client::Client;
use std::error::Error;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::var("SCLERA_URL").unwrap_or_else(|_| "http://127.0.0.1:52773".to_owned());
    let mut sclera = Client::at(&address);
    if let Some(authority) = std::env::var_os("SCLERA_CA") {
        sclera = sclera.trusting(&std::fs::read(authority)?);
    }
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    Ok(example_axum::run(listener, sclera.build()?).await?)
}
