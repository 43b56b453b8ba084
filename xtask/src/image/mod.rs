//! `cargo xtask image`: an OCI image of the program, linked statically, and nothing else.
//!
//! What is written is an image layout of the OCI image specification 1.1 in one archive:
//!
//! ```text
//! oci-layout                the version of the layout
//! index.json                names the manifest
//! blobs/sha256/DIGEST       the manifest, the configuration, and the one layer, an archive that is not compressed
//! ```
//!
//! The same program gives the same bytes: there are no times in it, and everything has its order.

mod tar;
mod trial;

pub(crate) use trial::stage;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::process::{cargo, output, run};
use crate::tools;
use crate::workspace::Workspace;
use tar::{Content, Entry};

/// The user that the program runs as, and its group: nobody on the machine around it.
const USER: u32 = 65_532;
/// The directory that is kept; the instance lies in it, so that its user can make and restore it.
const HOME: &str = "var/lib/sclera";

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Builds the image of a program that is built by a profile of cargo.
pub(crate) fn build(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    let program = static_program(workspace, profile)?;
    let version = output(Command::new(&program).arg("--version"))?;
    let version = version.trim().rsplit(' ').next().context("a version")?;
    let architecture = architecture()?;
    let image = layout(&fs::read(&program)?, version, architecture)?;
    let path = workspace.target.join(format!("image/sclera_{version}_{architecture}.oci.tar"));
    fs::write(&path, image).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// The machine that the image is for, as Go calls it.
fn architecture() -> Result<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("amd64"),
        "aarch64" => Ok("arm64"),
        other => bail!("an image of {other} has no name yet"),
    }
}

/// Builds the program so that it needs no library of the system. Only the last step differs from other builds.
fn static_program(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    let mut build =
        cargo(workspace, ["rustc", "--profile", profile, "--package", "sclera-cli", "--bin", "sclera", "--"]);
    run(build.args(["-C", "target-feature=+crt-static", "-C", "strip=symbols"]))?;
    let built = workspace.target.join(if profile == "dev" { "debug" } else { profile }).join("sclera");
    // The next build of another kind takes its place.
    let program = workspace.target.join("image/sclera");
    fs::create_dir_all(workspace.target.join("image"))?;
    fs::copy(&built, &program).with_context(|| built.display().to_string())?;
    tools::system_program("readelf", &["binutils"])?;
    let segments = output(Command::new("readelf").args(["--program-headers", "--wide"]).arg(&program))?;
    ensure!(!segments.contains("INTERP"), "{} is not linked statically", program.display());
    Ok(program)
}

/// The archive of the image layout.
fn layout(program: &[u8], version: &str, architecture: &str) -> Result<Vec<u8>> {
    let mut blobs = Blobs::default();
    let layer = tar::archive(&root(program))?;
    let layer = blobs.add(LAYER, layer);
    let configuration = configuration(version, architecture, at(&layer, "/digest"));
    let configuration = blobs.add(CONFIGURATION, configuration.to_string().into_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": configuration,
        "layers": [layer],
        "annotations": labels(version),
    });
    let mut manifest = blobs.add(MANIFEST, manifest.to_string().into_bytes());
    if let Some(about) = manifest.as_object_mut() {
        about.insert("platform".to_owned(), json!({ "architecture": architecture, "os": "linux" }));
        about.insert("annotations".to_owned(), json!({ "org.opencontainers.image.ref.name": version }));
    }
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest] });
    blobs.laid_out(&index)
}

/// What is in the image.
fn root(program: &[u8]) -> Vec<Entry<'_>> {
    let directory =
        |path: &str, mode, owner| Entry { path: path.to_owned(), content: Content::Directory, mode, owner };
    let file = |path: &str, bytes, mode| Entry {
        path: path.to_owned(),
        content: Content::File(bytes),
        mode,
        owner: 0,
    };
    vec![
        directory("etc", 0o755, 0),
        file("etc/group", b"sclera:x:65532:\n", 0o644),
        file("etc/passwd", b"sclera:x:65532:65532:Sclera:/var/lib/sclera:/nonexistent\n", 0o644),
        directory("usr", 0o755, 0),
        directory("usr/bin", 0o755, 0),
        file("usr/bin/sclera", program, 0o755),
        directory("var", 0o755, 0),
        directory("var/lib", 0o755, 0),
        directory(HOME, 0o711, USER),
    ]
}

fn configuration(version: &str, architecture: &str, layer: &Value) -> Value {
    let home = format!("/{HOME}");
    json!({
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "52773/tcp": {} },
            "Env": ["PATH=/usr/bin", format!("SCLERA_DATA={home}/instance")],
            "Entrypoint": ["/usr/bin/sclera"],
            "Cmd": ["serve"],
            "Volumes": { home.as_str(): {} },
            "WorkingDir": home,
            "Labels": labels(version),
            "StopSignal": "SIGTERM",
        },
        // The layer is not compressed, so that its digest is that of what is in it.
        "rootfs": { "type": "layers", "diff_ids": [layer] },
        "history": [{ "created_by": "cargo xtask image" }],
    })
}

fn labels(version: &str) -> Value {
    json!({
        "org.opencontainers.image.title": "sclera",
        "org.opencontainers.image.description": "Decides who may connect and what they may do",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
    })
}

/// What an image consists of, by digest.
#[derive(Default)]
struct Blobs(BTreeMap<String, Vec<u8>>);

impl Blobs {
    /// Keeps bytes, and gives their descriptor.
    fn add(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let descriptor =
            json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len() });
        self.0.insert(digest, bytes);
        descriptor
    }

    fn laid_out(&self, index: &Value) -> Result<Vec<u8>> {
        let index = index.to_string();
        let file = |path: String, bytes| Entry { path, content: Content::File(bytes), mode: 0o644, owner: 0 };
        let directory =
            |path: &str| Entry { path: path.to_owned(), content: Content::Directory, mode: 0o755, owner: 0 };
        let mut entries = vec![
            file("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#),
            file("index.json".to_owned(), index.as_bytes()),
            directory("blobs"),
            directory("blobs/sha256"),
        ];
        entries.extend(self.0.iter().map(|(digest, bytes)| file(format!("blobs/sha256/{digest}"), bytes)));
        tar::archive(&entries)
    }
}

/// What stands at a place of a value; null where nothing does.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The folder of the stage, emptied.
fn emptied(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(fs::create_dir_all(folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_gives_the_same_image() {
        let image = |program: &[u8]| layout(program, "1.2.3", "amd64").unwrap();
        assert_eq!(image(b"program"), image(b"program"));
        assert_ne!(image(b"program"), image(b"another"));
    }
}
