//! `bench`: what decisions cost on this machine, measured on settings made up for it; no instance is touched.

mod published;
mod reader;

use crate::failure::Failure;
use crate::output::Output;
use clap::Args;
use sclera::Properties;
use sclera_core::change::Kind;
use sclera_core::id::{ResourceId, RoleId};
use sclera_core::name::{ResourceName, RoleName};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::snapshot::{About, Changed, Image, Pages, Parts, Prepared, Privileges, compile};
use serde_json::json;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How large the settings are that are measured.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// How many roles
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(3..=100_000))]
    pub roles: u32,
    /// How many resources
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub resources: u32,
    /// How many privileges each role holds, at most; all of them together no more than 10 million
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub privileges: u32,
    /// Decide by what is published for a directory, and tell by which generation: what it starts for itself
    #[arg(long, hide = true, value_name = "DIR")]
    pub reader: Option<PathBuf>,
}

const MOST_PRIVILEGES: u64 = 10_000_000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(60);
const ABOUT: About = About { generation: 1, ticket_key: [0; 32] };

pub(crate) fn run(size: &Bench, output: &Output) -> Result<u8, Failure> {
    if u64::from(size.roles) * u64::from(size.privileges) > MOST_PRIVILEGES {
        return Err(Failure::Usage(
            "so many privileges take too long; --roles times --privileges is 10 million at most".to_owned(),
        ));
    }
    if let Some(directory) = &size.reader {
        return reader::run(directory, size);
    }
    if cfg!(debug_assertions) {
        output.warn("this is a debug build, many times slower than a release build");
    }
    let figures = measure(size)?;
    output.mention(&format!(
        "{} roles, three deep, of {} privileges on {} resources; the best of {ROUNDS} rounds of the time that passed\n",
        size.roles, size.privileges, size.resources
    ));
    if output.is_json() {
        output.value(&figures.iter().map(Figure::to_json).collect());
    } else {
        output.list(&figures.iter().map(Figure::to_row).collect::<Vec<_>>());
    }
    Ok(0)
}

/// Settings made up for the purpose: the first two thirds of the roles each hold one of the next third.
struct Made {
    policy: Policy,
    image: Image<Vec<u8>>,
    names: Vec<String>,
}

fn measure(size: &Bench) -> Result<Vec<Figure>, Failure> {
    let mut made = make(size)?;
    let mut figures = vec![figure("a bare bit test", bit_test(), "ns")];
    let mut pages = Pages::new();
    let public = pages.public(&made.image);
    let session = |pages: &mut Pages, image: &Image<Vec<u8>>, number: u32, from: u32| {
        let roles = (0..number).map(|n| role_id(size, scatter(from + n) % size.roles));
        pages.privileges(image, &public, &image.closure(roles, |_| true), &[])
    };
    let own = session(&mut pages, &made.image, 4, 0);
    figures.push(figure("a check by prepared id", by_id(&made, &own), "ns"));
    figures.push(figure("a check by name", by_name(&made, &own), "ns"));
    for number in [4, 50] {
        let mut from = 0;
        let nanoseconds = each(64, || {
            from += number;
            black_box(session(&mut pages, &made.image, number, from));
        });
        figures.push(figure(&format!("a session with {number} roles"), nanoseconds / 1e3, "us"));
    }
    figures.extend(images(&mut made)?);
    figures.extend(published::figures(size, &made)?);
    Ok(figures)
}

fn images(made: &mut Made) -> Result<Vec<Figure>, Failure> {
    let too_big = |_| Failure::Environment("the settings do not fit into a snapshot".to_owned());
    let whole = once(|| Parts::compile(&made.policy, &ABOUT)).map_err(too_big)?;
    let opened = once(|| Image::open(made.image.bytes()))
        .map_err(|error| Failure::Environment(format!("the snapshot cannot be opened: {error}")))?;
    let mut changed = Changed::default();
    let first = made.policy.roles.iter().next().cloned();
    if let Some(role) = first {
        changed.note(Kind::Role, u64::from(role.id.0));
        made.policy.roles.put(Role { privileges: std::collections::BTreeMap::new(), ..role });
    }
    let about = About { generation: 2, ..ABOUT };
    let patched = once(|| Parts::patch(&made.image, &made.policy, &about, &changed)).map_err(too_big)?;
    let kibibytes = u32::try_from(made.image.bytes().len() >> 10).unwrap_or(u32::MAX);
    Ok(vec![
        figure("compiling all settings", whole, "ms"),
        figure("patching them for a changed role", patched, "ms"),
        figure("opening them and proving their sums", opened, "ms"),
        figure("the size of the snapshot", f64::from(kibibytes) / 1_024.0, "MiB"),
    ])
}

fn role_id(size: &Bench, number: u32) -> RoleId {
    RoleId(size.resources + number + 1)
}

/// Spreads numbers over all that there are, always in the same way (SplitMix64).
fn scatter(number: u32) -> u32 {
    let mut mixed = (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 32) as u32
}

fn make(size: &Bench) -> Result<Made, Failure> {
    let bad = || Failure::Environment("the settings cannot be made up".to_owned());
    let mut policy = Policy::default();
    let names: Vec<String> = (0..size.resources).map(|number| format!("Bench_Resource_{number}")).collect();
    for (id, name) in (1..).zip(&names) {
        let name = ResourceName::new(name).map_err(|_| bad())?;
        policy.resources.put(Resource::new(ResourceId(id), name));
    }
    for number in 0..size.roles {
        let name = RoleName::new(&format!("Bench_Role_{number}")).map_err(|_| bad())?;
        let mut role = Role::new(role_id(size, number), name, Origin::Created);
        for one in 0..size.privileges {
            let place = scatter(number * size.privileges + one);
            let held = Permissions::EACH.get(place as usize % 3).copied().unwrap_or(Permissions::READ);
            role.privileges.insert(ResourceId(place % size.resources + 1), held);
        }
        let third = size.roles / 3;
        if number < 2 * third {
            role.grants.push(role_id(size, (number / third + 1) * third + scatter(number) % third));
        }
        policy.roles.put(role);
    }
    let image = compile(&policy, &ABOUT).map_err(|_| bad())?;
    let image = Image::open(image).map_err(|_| bad())?;
    Ok(Made { policy, image, names })
}

fn bit_test() -> f64 {
    let bits: Vec<u8> = (0..=255).collect();
    let mut at = 0;
    each(4_096, || {
        at = (at + 1) & 255;
        black_box(bits.get(black_box(at)).is_some_and(|byte| byte & 1 == 0));
    })
}

fn by_id(made: &Made, own: &Privileges) -> f64 {
    let wanted: Vec<Prepared> = (0..256)
        .map(|number| {
            let resource = made.names.get(scatter(number) as usize % made.names.len());
            Prepared::new(resource.and_then(|name| made.image.resource(name)), Permissions::READ)
        })
        .collect();
    let mut at = 0;
    each(4_096, || {
        at = (at + 1) & 255;
        black_box(wanted.get(black_box(at)).is_some_and(|wanted| own.holds(wanted)));
    })
}

fn by_name(made: &Made, own: &Privileges) -> f64 {
    let mut at = 0;
    let names: Vec<&String> =
        (0..256).filter_map(|number| made.names.get(scatter(number) as usize % made.names.len())).collect();
    each(4_096, || {
        at = (at + 1) % names.len();
        let name = names.get(black_box(at)).map_or("", |name| name.as_str());
        black_box(own.holds(&Prepared::new(made.image.resource(name), Permissions::READ)));
    })
}

/// The nanoseconds that a step takes, looked at after every `steps` of them.
fn each(steps: u32, mut step: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        while start.elapsed() < ROUND {
            let begun = Instant::now();
            for _ in 0..steps {
                step();
            }
            best = best.min(begun.elapsed().as_secs_f64() * 1e9 / f64::from(steps));
        }
    }
    best
}

/// The milliseconds that something takes that takes long.
fn once<T, E>(mut what: impl FnMut() -> Result<T, E>) -> Result<f64, E> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(what()?);
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(best)
}

/// What something takes.
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
}

impl Figure {
    fn to_row(&self) -> Properties {
        let value = format!("{:.2}", self.value);
        Properties::new()
            .with("Figure", self.what.as_str())
            .with("Value", value.as_str())
            .with("Unit", self.unit)
    }

    fn to_json(&self) -> serde_json::Value {
        // More digits than anybody can measure are not worth reading.
        json!({ "Figure": self.what, "Value": (self.value * 100.0).round() / 100.0, "Unit": self.unit })
    }
}

fn figure(what: &str, value: f64, unit: &'static str) -> Figure {
    Figure { what: what.to_owned(), value, unit }
}

fn told(error: impl std::fmt::Display) -> Failure {
    Failure::Environment(error.to_string())
}
