//! `export`: documents out, piece by piece.

use super::Desk;
use super::transfer::kind;
use crate::arguments::{FileFormat, How, Which};
use crate::failure::Failure;
use sclera::exchange::Form;
use sclera::export::{ExportFault, Wanted};
use sclera::{IMPORT_ORDER, Kind, Matching, Permissions, Selection};
use serde_json::{Map, json};
use std::path::Path;

impl Desk<'_> {
    pub(super) fn export(&self, file: &Path, what: Option<&str>, how: &How) -> Result<u8, Failure> {
        let kinds = match what {
            None => Vec::from(IMPORT_ORDER),
            Some(words) => words.split(',').map(|word| kind(word.trim())).collect::<Result<_, _>>()?,
        };
        self.write(file, Wanted::all(&kinds), how)
    }

    pub(super) fn export_of(&self, kind: Kind, file: &Path, which: &Which, how: &How) -> Result<u8, Failure> {
        self.write(file, wanted(kind, which)?, how)
    }

    fn write(&self, file: &Path, wanted: Wanted, how: &How) -> Result<u8, Failure> {
        let wanted = Wanted { secrets: how.with_secrets, ..wanted };
        let mut out = self.around.create(file)?;
        let done =
            self.instance.export_to(self.session, &wanted, form(file, how), &mut |text| out.write(text));
        let exported = done.map_err(|fault| failed(file, fault))?;
        out.finish()?;
        if file == Path::new("-") {
            return Ok(0);
        }
        let counts: Map<_, _> =
            exported.0.iter().map(|(kind, count)| (kind.word().to_owned(), json!(count))).collect();
        let count = exported.total();
        self.output.value(&json!({
            "Changed": true,
            "Name": file.display().to_string(),
            "Records": count,
            "Exported": counts,
        }));
        self.output.mention(&format!("wrote {count} records to {}", file.display()));
        Ok(0)
    }
}

fn failed(file: &Path, fault: ExportFault) -> Failure {
    match fault {
        ExportFault::Refused(refusal) => refusal.into(),
        ExportFault::Sink(error) => Failure::file(file, &error),
        ExportFault::Unwritable(fault) => Failure::bad_value(format!("{}: {fault}", file.display())),
    }
}

/// The format that is asked for, else the one that the file is named for.
fn form(file: &Path, how: &How) -> Form {
    let ends = |endings: &[&str]| {
        file.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    match how.format {
        Some(FileFormat::Xml) => Form::Xml,
        Some(FileFormat::Yaml) => Form::Yaml,
        None if ends(&["xml"]) => Form::Xml,
        None if ends(&["yaml", "yml"]) => Form::Yaml,
        Some(FileFormat::Json) | None => Form::Json,
    }
}

/// What of a kind is wanted; an option that says nothing about the kind is a wrong call.
fn wanted(kind: Kind, which: &Which) -> Result<Wanted, Failure> {
    let users = kind == Kind::User;
    let roles = kind == Kind::Role;
    for (option, given, fits) in [
        ("--names", which.names.is_some(), !matches!(kind, Kind::System | Kind::SqlPrivilege)),
        ("--roles", which.roles.is_some(), users),
        ("--resources", which.resources.is_some(), roles),
        ("--public", which.public.is_some(), kind == Kind::Resource),
        ("--type", which.types.is_some(), matches!(kind, Kind::Resource | Kind::Application)),
        ("--sql-privileges", which.sql_privileges, users || roles),
    ] {
        if given && !fits {
            return Err(Failure::Usage(format!(
                "{option} says nothing about what `{}` exports",
                kind.word()
            )));
        }
    }
    let selection = |text: &Option<String>| {
        text.as_ref().map_or_else(Selection::all, |text| Selection::new(text, Matching::Exact))
    };
    let public = which.public.as_deref().map(|text| {
        let text = if text.eq_ignore_ascii_case("none") { "" } else { text };
        Permissions::from_property(text)
            .map_err(|_| Failure::bad_value(format!("`{text}` is no set of permissions; write R, W and U")))
    });
    Ok(Wanted {
        names: selection(&which.names),
        holding: which.roles.clone().unwrap_or_default(),
        resources: selection(&which.resources),
        public: public.transpose()?,
        types: which.types.filter(|bits| *bits != -1),
        sql: which.sql_privileges,
        ..Wanted::all(&[kind])
    })
}
