//! What is asked for on the command line.

use crate::long;
use crate::mutants::Wanted;
use crate::stage;
use crate::world;

pub(crate) const USAGE: &str = "\
usage: cargo xtask test [--list] [--only STAGE]...
       cargo xtask long [--only PART]... [--kills N] [--minutes N] [--decisions N] [--cases N] [--users N] [--seed N]
                        [--profile NAME]
       cargo xtask mutants [--sample N] [--package NAME] [--seed N]
       cargo xtask gates [--profile NAME]
       cargo xtask rows
       cargo xtask package [--profile NAME]
       cargo xtask image [--profile NAME]
       cargo xtask clients
       cargo xtask world FILE.xml|FILE.json|FILE.yaml [--users N] [--roles N] [--resources N] [--privileges N]
                         [--hashes] [--seed N]";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Usage,
    ListStages,
    /// Run these stages, or all where none is named.
    Test {
        only: Vec<String>,
    },
    Long(long::Wanted),
    Mutants(Wanted),
    World(world::Wanted),
    Rows,
    /// A package of the program as a profile of cargo builds it.
    Package {
        profile: String,
    },
    /// An image of the program as a profile of cargo builds it.
    Image {
        profile: String,
    },
    /// What a request costs at the gates of the program as a profile of cargo builds it.
    Gates {
        profile: String,
    },
    Clients,
}

impl Request {
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut words = words.iter().map(String::as_str);
        match words.next() {
            Some("test") => test(words),
            Some("long") => long(words),
            Some("mutants") => mutants(words),
            Some("world") => a_world(words),
            Some("package") => Ok(Self::Package { profile: profile("package", words)? }),
            Some("image") => Ok(Self::Image { profile: profile("image", words)? }),
            Some("gates") => Ok(Self::Gates { profile: profile("gates", words)? }),
            Some("rows") => match words.next() {
                None => Ok(Self::Rows),
                Some(other) => Err(format!("`rows` does not know `{other}`")),
            },
            Some("clients") => match words.next() {
                None => Ok(Self::Clients),
                Some(other) => Err(format!("`clients` does not know `{other}`")),
            },
            None | Some("help" | "--help" | "-h") => Ok(Self::Usage),
            Some(other) => Err(format!("there is no command `{other}`")),
        }
    }
}

/// The profile of cargo by which something is built.
fn profile<'a>(command: &str, mut words: impl Iterator<Item = &'a str>) -> Result<String, String> {
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Ok("release".into()),
        (Some("--profile"), Some(profile), None) => Ok(profile.into()),
        _ => Err(format!("`{command}` takes `--profile NAME`")),
    }
}

fn test<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Request, String> {
    let mut only = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--list" => return Ok(Request::ListStages),
            "--only" => {
                let name = words.next().ok_or("`--only` wants the name of a stage")?;
                if !stage::exists(name) {
                    return Err(format!("there is no stage `{name}`; `cargo xtask test --list` names them"));
                }
                only.push(name.to_owned());
            }
            other => return Err(format!("`test` does not know `{other}`")),
        }
    }
    Ok(Request::Test { only })
}

fn long<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Request, String> {
    let mut wanted = long::Wanted::default();
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` is unknown or wants a value"));
        match word {
            "--kills" => wanted.kills = number(word, value?)?,
            "--decisions" => wanted.decisions = number(word, value?)?,
            "--cases" => wanted.cases = number(word, value?)?,
            "--only" => {
                let part = value?;
                if !long::is_part(part) {
                    return Err(format!("`long` has no part `{part}`"));
                }
                wanted.only.push(part.to_owned());
            }
            "--users" => wanted.users = number(word, value?)?,
            "--minutes" => wanted.minutes = number(word, value?)?,
            "--seed" => wanted.seed = number(word, value?)?,
            "--profile" => value?.clone_into(&mut wanted.profile),
            other => return Err(format!("`long` does not know `{other}`")),
        }
    }
    Ok(Request::Long(wanted))
}

fn mutants<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Request, String> {
    let mut wanted = Wanted::default();
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` is unknown or wants a value"));
        match word {
            "--sample" => wanted.sample = number(word, value?)?,
            "--seed" => wanted.seed = Some(number(word, value?)?),
            "--package" => wanted.package = Some(value?.to_owned()),
            other => return Err(format!("`mutants` does not know `{other}`")),
        }
    }
    Ok(Request::Mutants(wanted))
}

fn a_world<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Request, String> {
    let mut wanted = world::Wanted::default();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().ok_or_else(|| format!("`{word}` wants a number")).and_then(|v| number(word, v));
        match word {
            "--users" => wanted.users = value()?,
            "--roles" => wanted.roles = value()?,
            "--resources" => wanted.resources = value()?,
            "--privileges" => wanted.privileges = value()?,
            "--seed" => wanted.seed = value()?,
            "--hashes" => wanted.hashes = true,
            option if option.starts_with('-') => return Err(format!("`world` does not know `{option}`")),
            file => wanted.files.push(world::Output::at(file)?),
        }
    }
    if wanted.files.is_empty() { Err("`world` wants a file".to_owned()) } else { Ok(Request::World(wanted)) }
}

fn number<N: std::str::FromStr>(option: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("`{option}` wants a number, not `{value}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, String> {
        Request::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_command_is_understood() {
        assert_eq!(parse(""), Ok(Request::Usage));
        assert_eq!(parse("test"), Ok(Request::Test { only: vec![] }));
        assert_eq!(parse("test --list"), Ok(Request::ListStages));
        assert_eq!(
            parse("test --only fmt --only words"),
            Ok(Request::Test { only: vec!["fmt".into(), "words".into()] })
        );
        assert_eq!(parse("clients"), Ok(Request::Clients));
        assert_eq!(parse("rows"), Ok(Request::Rows));
        let of = |profile: &str| Ok(Request::Package { profile: profile.into() });
        assert_eq!((parse("package"), parse("package --profile dev")), (of("release"), of("dev")));
        let of = |profile: &str| Ok(Request::Image { profile: profile.into() });
        assert_eq!((parse("image"), parse("image --profile dev")), (of("release"), of("dev")));
        assert!(parse("package --profile").is_err() && parse("image dev").is_err());
        assert_eq!(parse("long"), Ok(Request::Long(long::Wanted::default())));
        assert_eq!(
            parse(
                "long --only soak --kills 5 --minutes 1 --decisions 3 --cases 4 --users 6 --seed 2 --profile dev"
            ),
            Ok(Request::Long(long::Wanted {
                kills: 5,
                minutes: 1,
                decisions: 3,
                cases: 4,
                users: 6,
                seed: 2,
                only: vec!["soak".into()],
                profile: "dev".into()
            }))
        );
        assert_eq!(parse("mutants"), Ok(Request::Mutants(Wanted { sample: 30, package: None, seed: None })));
        assert_eq!(
            parse("mutants --sample 5 --package sclera-core --seed 7"),
            Ok(Request::Mutants(Wanted { sample: 5, package: Some("sclera-core".into()), seed: Some(7) }))
        );
    }

    #[test]
    fn a_world_is_understood() {
        let Ok(Request::World(wanted)) = parse("world a.xml b.json --users 5 --hashes --roles 2") else {
            panic!("not understood");
        };
        assert_eq!((wanted.files.len(), wanted.users, wanted.roles, wanted.hashes), (2, 5, 2, true));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "tests",
            "test --only",
            "test --only nothing",
            "test fmt",
            "long --users",
            "long --people 5",
            "long --only soaking",
            "long --kills all",
            "mutants --sample",
            "mutants --sample many",
            "mutants --package",
            "mutants --shard 1/2",
            "world",
            "world --users 5",
            "world a.xml --users",
            "world a.txt",
            "world a.xml --many",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
