//! Publishing for real: into shared memory, from a directory that is made for it and goes afterwards, and what another
//! process has of it.

use super::reader::Reader;
use super::{Bench, Figure, Made, ROUNDS, figure, once, role_id, scatter, told};
use crate::failure::Failure;
use sclera::{Attached, Instance, withdraw};
use sclera_core::change::Kind;
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::role::Role;
use sclera_core::snapshot::Changed;
use sclera_shm::Publisher;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How many changes are waited for by a reader.
const CHANGES: usize = 200;

/// A directory of one's own, with what is published for it.
struct Place(TempDir);

impl Place {
    fn make() -> Result<Self, Failure> {
        tempfile::Builder::new().prefix("sclera-bench-").tempdir().map(Self).map_err(told)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        withdraw(self.0.path());
    }
}

/// What publishing takes, attaching, and seeing a change.
pub(super) fn figures(size: &Bench, made: &Made) -> Result<Vec<Figure>, Failure> {
    let place = Place::make()?;
    let mut desk = Desk { place: &place, size, policy: made.policy.clone(), generation: 0 };
    let cold = once(|| desk.publish_cold())?;
    let publisher = desk.publisher()?;
    let mut warm = f64::INFINITY;
    for _ in 0..ROUNDS {
        warm = warm.min(desk.publish_change(&publisher)?);
    }
    let name = made.names.first().map_or("", String::as_str);
    let attached = once(|| -> Result<bool, Failure> {
        let session = session(&attach(&place)?, size, 4, 0)?;
        Ok(session.granted(name, Permissions::READ).is_granted())
    })?;
    let mut figures = vec![
        figure("publishing all settings, as a process does first", cold, "ms"),
        figure("publishing a changed role", warm, "ms"),
        figure("attaching, a session and its first check", attached, "ms"),
    ];
    figures.extend(desk.seen(&publisher)?);
    Ok(figures)
}

/// Whoever commits.
struct Desk<'a> {
    place: &'a Place,
    size: &'a Bench,
    policy: Policy,
    generation: u64,
}

impl Desk<'_> {
    fn publisher(&self) -> Result<Publisher, Failure> {
        Publisher::new(self.place.0.path(), [0; 32]).map_err(told)
    }

    /// A process that knows nothing of before publishes everything.
    fn publish_cold(&mut self) -> Result<(), Failure> {
        self.generation += 1;
        self.publisher()?.publish(self.generation, &self.policy).map_err(told)
    }

    /// Changes a role and publishes; the milliseconds of the publication.
    fn publish_change(&mut self, publisher: &Publisher) -> Result<f64, Failure> {
        self.generation += 1;
        let number = u32::try_from(self.generation).unwrap_or_default();
        let id = role_id(self.size, scatter(number) % self.size.roles);
        let mut changed = Changed::default();
        if let Some(role) = self.policy.role(id) {
            let turned = Role { escalation_only: !role.escalation_only, ..role.clone() };
            changed.note(Kind::Role, u64::from(id.0));
            self.policy.roles.put(turned);
        }
        let start = Instant::now();
        publisher.intend(self.generation, &changed);
        publisher.publish(self.generation, &self.policy).map_err(told)?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }

    /// After how long a reader decides from what was published, counted from the moment that publishing began.
    fn seen(&mut self, publisher: &Publisher) -> Result<Vec<Figure>, Failure> {
        let mut reader = Reader::start(self.place.0.path(), self.size)?;
        let mut taken = Vec::with_capacity(CHANGES);
        for _ in 0..CHANGES {
            // The reader is at rest, as one is that has other work.
            std::thread::sleep(Duration::from_micros(200));
            let start = Instant::now();
            self.publish_change(publisher)?;
            while reader.next_generation()? < self.generation {}
            taken.push(start.elapsed().as_secs_f64() * 1e3);
        }
        taken.sort_by(f64::total_cmp);
        let at = |percent: usize| taken.get(taken.len() * percent / 100).copied().unwrap_or(f64::NAN);
        let until = |percent| {
            figure(&format!("until another process decides by a change, p{percent}"), at(percent), "ms")
        };
        let by_name = figure("a check by name in another process", reader.by_name, "ns");
        Ok(vec![by_name, until(50), until(99)])
    }
}

fn attach(place: &Place) -> Result<Attached, Failure> {
    Instance::attach(place.0.path()).map_err(told)
}

fn session(
    attached: &Attached,
    size: &Bench,
    number: u32,
    from: u32,
) -> Result<sclera::KernelSession, Failure> {
    let roles: Vec<_> = (0..number).map(|n| role_id(size, scatter(from + n) % size.roles)).collect();
    let session = attached.kernel().session_of("bench", &roles);
    session.map_err(told)
}
