//! `cargo xtask package`: a Debian package of the program, its manual pages, completions, units, PAM service and MIB.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::instance::program;
use crate::process::{output, run};
use crate::workspace::Workspace;

/// Who may answer for the package.
const MAINTAINER: &str = "The Sclera developers <sclera@localhost>";

/// The user, and the directory in which that user makes and restores the instance, where systemd makes them.
const SYSUSERS: &str = "u sclera - \"Sclera\" /var/lib/sclera\n";
const TMPFILES: &str = "d /var/lib/sclera 0711 sclera sclera -\n";

/// The units; they are enabled by whoever wants them.
const UNITS: [&str; 2] = ["sclera.service", "sclera.socket"];

/// Where the programs of Net-SNMP look by themselves.
const MIB: &str = "usr/share/snmp/mibs/SCLERA-MIB.txt";

/// What is done in a root of somebody's own is none of the machine's services.
const POSTINST: &str = "#!/bin/sh
set -e
if [ \"$1\" = configure ] && [ -z \"$DPKG_ROOT\" ]; then
    if command -v systemd-sysusers >/dev/null; then
        systemd-sysusers sclera.conf
        systemd-tmpfiles --create sclera.conf || true
    elif ! getent passwd sclera >/dev/null; then
        useradd --system --home-dir /var/lib/sclera --shell /usr/sbin/nologin sclera
        install -d -m 0711 -o sclera -g sclera /var/lib/sclera
    fi
    if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
fi
";
const PRERM: &str = "#!/bin/sh
set -e
if [ \"$1\" = remove ] && [ -z \"$DPKG_ROOT\" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now sclera.socket sclera.service || true
fi
";
/// The instance stays, whatever is taken away: it says who may do what, and nobody else has it.
const POSTRM: &str = "#!/bin/sh
set -e
if [ -z \"$DPKG_ROOT\" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
if [ \"$1\" = purge ] && [ -d \"$DPKG_ROOT/var/lib/sclera/instance\" ]; then
    echo \"/var/lib/sclera/instance stays.\" >&2
fi
";

/// Builds the package of a program that is built by a profile of cargo.
pub(crate) fn build(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    let program = program(workspace, profile)?;
    let folder = workspace.target.join("package");
    let root = folder.join("root");
    let _ = fs::remove_dir_all(&root);
    let architecture = output(Command::new("dpkg").arg("--print-architecture"))?;
    let version = output(Command::new(&program).arg("--version"))?;
    let version = version.trim().rsplit(' ').next().context("a version")?.to_owned();
    copy(&program, &root.join("usr/bin/sclera"), 0o755)?;
    for unit in UNITS {
        let from = workspace.root.join("packaging/systemd").join(unit);
        copy(&from, &root.join("usr/lib/systemd/system").join(unit), 0o644)?;
    }
    copy(&workspace.root.join("packaging/pam.d/sclera"), &root.join("etc/pam.d/sclera"), 0o644)?;
    copy(&workspace.root.join("packaging/snmp/SCLERA-MIB.txt"), &root.join(MIB), 0o644)?;
    write(&root.join("usr/lib/sysusers.d/sclera.conf"), SYSUSERS, 0o644)?;
    write(&root.join("usr/lib/tmpfiles.d/sclera.conf"), TMPFILES, 0o644)?;
    generated(&program, &root)?;
    documents(workspace, &root)?;
    control(&root, version.trim(), architecture.trim())?;
    let package = folder.join(format!("sclera_{}_{}.deb", version.trim(), architecture.trim()));
    run(Command::new("dpkg-deb").args(["--root-owner-group", "-Zxz", "--build"]).arg(&root).arg(&package))?;
    Ok(package)
}

/// Manual pages and completions.
fn generated(program: &Path, root: &Path) -> Result<()> {
    let pages = root.join("usr/share/man/man1");
    fs::create_dir_all(&pages)?;
    run(Command::new(program).args(["generate", "man"]).arg(&pages))?;
    let made: Vec<PathBuf> =
        fs::read_dir(&pages)?.map(|page| page.map(|page| page.path())).collect::<Result<_, _>>()?;
    output(Command::new("gzip").args(["--best", "--no-name"]).args(made))?;
    for (shell, place) in [
        ("bash", "usr/share/bash-completion/completions/sclera"),
        ("zsh", "usr/share/zsh/vendor-completions/_sclera"),
        ("fish", "usr/share/fish/vendor_completions.d/sclera.fish"),
    ] {
        let text = output(Command::new(program).args(["generate", "completions", shell]))?;
        write(&root.join(place), &text, 0o644)?;
    }
    Ok(())
}

fn documents(workspace: &Workspace, root: &Path) -> Result<()> {
    let folder = root.join("usr/share/doc/sclera");
    let licence = |name: &str| fs::read_to_string(workspace.root.join(name));
    let copyright = format!("{}\n\n{}", licence("LICENSE-MIT")?, licence("LICENSE-APACHE")?);
    write(&folder.join("copyright"), &copyright, 0o644)?;
    copy(&workspace.root.join("CHANGELOG.md"), &folder.join("changelog"), 0o644)?;
    run(Command::new("gzip").args(["--best", "--no-name"]).arg(folder.join("changelog")))
}

/// What dpkg is told of it.
fn control(root: &Path, version: &str, architecture: &str) -> Result<()> {
    let folder = root.join("DEBIAN");
    // What it was linked with is there; an older one may lack what it asks for.
    let libc = output(Command::new("dpkg-query").args(["--show", "--showformat=${Version}", "libc6"]))?;
    let libc = libc.split('-').next().unwrap_or_default().to_owned();
    let control = format!(
        "Package: sclera\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n\
         Depends: libc6 (>= {libc})\nRecommends: libpam0g, libgssapi-krb5-2\nSection: admin\nPriority: optional\n\
         Description: decides who may connect and what they may do\n Accounts, roles, gates and audit in one place, by the \
         model of InterSystems IRIS:\n a server, a command and a library.\n"
    );
    write(&folder.join("control"), &control, 0o644)?;
    write(&folder.join("conffiles"), "/etc/pam.d/sclera\n", 0o644)?;
    for (name, script) in [("postinst", POSTINST), ("prerm", PRERM), ("postrm", POSTRM)] {
        write(&folder.join(name), script, 0o755)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::create_dir_all(path.parent().context("a folder")?)?;
    fs::write(path, text).with_context(|| path.display().to_string())?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(to.parent().context("a folder")?)?;
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}

/// The stage: a package of the program as it is tested, installed into a root of its own, used, and taken away again.
pub(crate) fn stage(workspace: &Workspace) -> Result<()> {
    let there = Command::new("dpkg-deb").arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("Skipped: dpkg-deb is not installed.");
        return Ok(());
    }
    let package = build(workspace, "dev")?;
    let root = workspace.target.join("package/installed");
    let _ = fs::remove_dir_all(&root);
    for folder in ["info", "updates", "triggers", "parts"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder))?;
    }
    for file in ["status", "available"] {
        fs::write(root.join("var/lib/dpkg").join(file), "")?;
    }
    let before = files(&root)?;
    let dpkg = |words: &[&str]| {
        let mut command = Command::new("dpkg");
        command.arg("--root").arg(&root).arg("--log").arg(root.join("var/lib/dpkg/log"));
        command.args(["--force-script-chrootless", "--force-depends", "--force-not-root"]).args(words);
        output(&mut command)
    };
    dpkg(&["--install", &package.to_string_lossy()])?;
    let installed = root.join("usr/bin/sclera");
    let said = output(Command::new(&installed).arg("--version"))?;
    ensure!(said.starts_with("sclera "), "the installed program says `{said}`");
    for there in [
        "usr/share/man/man1/sclera.1.gz",
        "usr/share/man/man1/sclera-user-create.1.gz",
        "etc/pam.d/sclera",
        MIB,
    ] {
        ensure!(root.join(there).is_file(), "{there} is not installed");
    }
    // Something of the instance, which must stay.
    fs::create_dir_all(root.join("var/lib/sclera/instance"))?;
    fs::write(root.join("var/lib/sclera/instance/security.db"), "an instance")?;
    dpkg(&["--remove", "sclera"])?;
    ensure!(
        !installed.exists() && root.join("etc/pam.d/sclera").is_file(),
        "configuration stays until it is purged"
    );
    dpkg(&["--purge", "sclera"])?;
    let left: Vec<String> = files(&root)?.into_iter().filter(|file| !before.contains(file)).collect();
    ensure!(left == ["var/lib/sclera/instance/security.db"], "left behind: {left:?}");
    println!("{} was installed, used, removed and purged", package.display());
    Ok(())
}

/// The files below a root, but for those of dpkg itself.
fn files(root: &Path) -> Result<Vec<String>> {
    let found = output(Command::new("find").arg(root).args(["-type", "f", "-printf", "%P\n"]))?;
    Ok(found.lines().filter(|file| !file.starts_with("var/lib/dpkg/")).map(str::to_owned).collect())
}
