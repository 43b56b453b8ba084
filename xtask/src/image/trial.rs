//! The stage: an image is looked at by other programs than the one that wrote it, unpacked, and served from.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{CONFIGURATION, INDEX, LAYER, MANIFEST, at, build, emptied};
use crate::instance::Serving;
use crate::process::output;
use crate::tools;
use crate::workspace::Workspace;

/// What the layer holds: mode, owner and path.
const HELD: &str = "\
drwxr-xr-x 0/0 etc/
-rw-r--r-- 0/0 etc/group
-rw-r--r-- 0/0 etc/passwd
drwxr-xr-x 0/0 usr/
drwxr-xr-x 0/0 usr/bin/
-rwxr-xr-x 0/0 usr/bin/sclera
drwxr-xr-x 0/0 var/
drwxr-xr-x 0/0 var/lib/
drwx--x--x 65532/65532 var/lib/sclera/
";

/// Devices that the specification promises to whatever runs in a container, and that the program opens.
const DEVICES: [(&str, &str); 3] = [("null", "3"), ("random", "8"), ("urandom", "9")];

pub(crate) fn stage(workspace: &Workspace) -> Result<()> {
    let image = build(workspace, "dev")?;
    let first = fs::read(&image)?;
    ensure!(build(workspace, "dev")? == image && fs::read(&image)? == first, "two builds differ");
    let folder = workspace.target.join("image/trial");
    emptied(&folder)?;
    run(Command::new("tar").arg("-xf").arg(&image).arg("-C").arg(&folder))?;
    let (configuration, layer) = verified(&folder)?;
    let listed = output(Command::new("tar").args(["--numeric-owner", "-tvf"]).arg(&layer))?;
    ensure!(held(&listed) == HELD, "the layer holds:\n{}", held(&listed));
    refuses_libraries(&|words| {
        let mut command = Command::new(workspace.target.join("image/sclera"));
        command.args(words);
        command
    })?;
    if !tools::is_root()? {
        println!("Only looked at: to run what is in an image asks for root here.");
        return Ok(());
    }
    let root = folder.join("root");
    fs::create_dir(&root)?;
    run(Command::new("tar").args(["--numeric-owner", "-xpf"]).arg(&layer).arg("-C").arg(&root))?;
    if let Err(why) = devices(&root) {
        println!("Only looked at: {why:#}");
        return Ok(());
    }
    serves(&configuration, &root)?;
    println!("{} was verified, unpacked and served from", image.display());
    Ok(())
}

/// Follows an image layout from its index to the configuration and the layer, with every digest, size and type on the way.
fn verified(folder: &Path) -> Result<(Value, PathBuf)> {
    let read = |path: &Path| -> Result<Value> {
        serde_json::from_slice(&fs::read(path)?).with_context(|| path.display().to_string())
    };
    ensure!(
        at(&read(&folder.join("oci-layout"))?, "/imageLayoutVersion") == "1.0.0",
        "the version of the layout"
    );
    let index = read(&folder.join("index.json"))?;
    ensure!(at(&index, "/schemaVersion") == 2 && at(&index, "/mediaType") == INDEX, "the index: {index}");
    let described = only(at(&index, "/manifests"))?;
    let manifest = read(&blob(folder, described, MANIFEST)?)?;
    let is_manifest = at(&manifest, "/schemaVersion") == 2 && at(&manifest, "/mediaType") == MANIFEST;
    ensure!(is_manifest, "the manifest: {manifest}");
    let configuration = read(&blob(folder, at(&manifest, "/config"), CONFIGURATION)?)?;
    let layer = only(at(&manifest, "/layers"))?;
    let path = blob(folder, layer, LAYER)?;
    ensure!(
        only(at(&configuration, "/rootfs/diff_ids"))? == at(layer, "/digest"),
        "the layer is another one"
    );
    let platform = at(described, "/platform");
    let is_same = |key| at(platform, key).is_string() && at(platform, key) == at(&configuration, key);
    ensure!(is_same("/architecture") && is_same("/os"), "the platform: {platform}");
    let blobs = fs::read_dir(folder.join("blobs/sha256"))?.count();
    ensure!(blobs == 3, "there are {blobs} blobs, and not those of a manifest, a configuration and a layer");
    Ok((configuration, path))
}

fn only(list: &Value) -> Result<&Value> {
    match list.as_array().map(Vec::as_slice) {
        Some([one]) => Ok(one),
        _ => bail!("not a list of one: {list}"),
    }
}

/// The file of a descriptor, which must be what it says.
fn blob(folder: &Path, descriptor: &Value, media_type: &str) -> Result<PathBuf> {
    let digest = at(descriptor, "/digest").as_str().and_then(|digest| digest.strip_prefix("sha256:"));
    let digest = digest.with_context(|| format!("no digest: {descriptor}"))?;
    let path = folder.join("blobs/sha256").join(digest);
    let summed = output(Command::new("sha256sum").arg(&path))?;
    ensure!(summed.split(' ').next() == Some(digest), "another digest: {summed}");
    let size = fs::metadata(&path)?.len();
    let is_so = at(descriptor, "/size") == size && at(descriptor, "/mediaType") == media_type;
    ensure!(is_so, "{descriptor} is {size} bytes, and is to be {media_type}");
    Ok(path)
}

/// Mode, owner and path of each row of `tar -tv`.
fn held(listed: &str) -> String {
    let row = |row: &str| -> Option<String> {
        let words: Vec<&str> = row.split_whitespace().collect();
        Some(format!("{} {} {}\n", words.first()?, words.get(1)?, words.last()?))
    };
    listed.lines().filter_map(row).collect()
}

/// Makes the devices that a runtime makes.
fn devices(root: &Path) -> Result<()> {
    let folder = root.join("dev");
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    for (name, minor) in DEVICES {
        run(Command::new("mknod").args(["-m", "666"]).arg(folder.join(name)).args(["c", "1", minor]))?;
        fs::File::open(folder.join(name)).with_context(|| format!("the device {name}"))?;
    }
    Ok(())
}

/// Libraries of the system are not for a program that brings its own C library, whether they are there or not.
fn refuses_libraries(program: &dyn Fn(&[&str]) -> Command) -> Result<()> {
    for helper in [["--compare-os-password", "sclera"], ["--ask-kerberos", "probe"]] {
        let asked = program(&helper).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&asked.stdout);
        let is_refused = said.starts_with("unavailable ") && said.contains("linked statically");
        ensure!(is_refused && !asked.status.success(), "`{}` says `{said}`", helper.join(" "));
    }
    Ok(())
}

/// Runs what the configuration says, as the user that it names, with nothing around it but the image.
fn serves(configuration: &Value, root: &Path) -> Result<()> {
    let words = |pointer| -> Vec<&str> {
        at(configuration, pointer).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let user = at(configuration, "/config/User").as_str().context("a user")?;
    let sclera = |more: &[&str]| {
        let mut command = Command::new("/usr/sbin/chroot");
        command.env_clear().envs(words("/config/Env").into_iter().filter_map(|pair| pair.split_once('=')));
        command.arg(format!("--userspec={user}")).arg(root).args(words("/config/Entrypoint")).args(more);
        command.stdin(Stdio::null());
        command
    };
    refuses_libraries(&sclera)?;
    let made = output(&mut sclera(&["init"]))?;
    ensure!(made.contains("; sclera owns it"), "the user has no name: {made}");
    let held = output(&mut sclera(&["check", "%DB_USER"]))?;
    ensure!(held == "READ,WRITE,USE\n", "the owner holds `{held}`");
    let listen = ["--listen", "127.0.0.1:0"];
    let serving = Serving::begun(sclera(&[words("/config/Cmd").as_slice(), &listen].concat()))?;
    let answer = livez(serving.address.trim_start_matches("http://"))?;
    ensure!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nok"), "/livez: {answer}");
    // Over the local socket, where the kernel says who asks and /etc/passwd gives the name.
    let held = output(&mut sclera(&["check", "%DB_USER"]))?;
    ensure!(held == "READ,WRITE,USE\n", "the owner holds `{held}` at the server");
    serving.stop()
}

fn livez(address: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: image\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::layout;

    /// An image, unpacked.
    struct Unpacked(PathBuf);

    impl Unpacked {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("sclera-image-{name}-{}", std::process::id()));
            emptied(&folder).unwrap();
            let image = folder.join("image.tar");
            fs::write(&image, layout(b"program", "1.2.3", "amd64").unwrap()).unwrap();
            run(Command::new("tar").arg("-xf").arg(&image).arg("-C").arg(&folder)).unwrap();
            Self(folder)
        }
    }

    impl Drop for Unpacked {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_written_is_verified() {
        let image = Unpacked::new("whole");
        let (configuration, layer) = verified(&image.0).unwrap();
        assert_eq!(at(&configuration, "/config/User"), "65532:65532");
        let listed = output(Command::new("tar").args(["--numeric-owner", "-tvf"]).arg(layer)).unwrap();
        assert_eq!(held(&listed), HELD);
    }

    #[test]
    fn a_blob_that_is_another_is_found() {
        let image = Unpacked::new("changed");
        for blob in fs::read_dir(image.0.join("blobs/sha256")).unwrap() {
            let path = blob.unwrap().path();
            let whole = fs::read(&path).unwrap();
            let mut changed = whole.clone();
            *changed.last_mut().unwrap() ^= 1;
            fs::write(&path, changed).unwrap();
            assert!(verified(&image.0).is_err(), "{}", path.display());
            fs::write(&path, whole).unwrap();
        }
        verified(&image.0).unwrap();
        fs::write(image.0.join("blobs/sha256/more"), "").unwrap();
        assert!(verified(&image.0).is_err());
    }
}
