//! The kernel: sessions that decide from published settings, in nanoseconds, without a server and without a lock.
//!
//! ```text
//! Source (shared memory) ──► Kernel ──► Session ── holds(Prepared) ── one load of the deny epoch, two of pages
//!                              │           │
//!                     pages, each once     └── pins its generation: it decides from the settings of its beginning
//! ```
//!
//! A session looks at the deny epoch with every check. While that stays, its bits count. When it moved, the session reads
//! what lives now, and what was deleted gives nothing any longer (`authorization.md` TIM-2); a session that was ended, or
//! whose generation is too old, is refused everything from then on.

use crate::ticket::{Ticket, TicketError};
use sclera_core::decision::{Answer, Decision};
use sclera_core::id::{ResourceId, RoleId};
use sclera_core::permission::Permissions;
use sclera_core::privilege::Requirement;
use sclera_core::process::{CodeOrigin, Process, SetRefused, Settings};
use sclera_core::snapshot::{Guard, Image, Pages, Prepared, Privileges, Reached};
use sclera_core::status::{Code, Status};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Where published settings come from.
pub trait Source: Send + Sync + 'static {
    /// What holds the bytes of an image.
    type Bytes: AsRef<[u8]> + Send + Sync + 'static;

    /// The word that grows when sessions must look again.
    fn epoch(&self) -> &'static AtomicU64;
    /// The settings that count.
    fn current(&self) -> Result<Arc<Image<Self::Bytes>>, String>;
    /// The oldest generation that a session may decide from.
    fn oldest(&self) -> u64;
    /// Tells whether a session was ended before its time.
    fn has_ended(&self, session: u64) -> bool;
    /// When a ticket must have been made at the earliest, in seconds since 1970.
    fn tickets_not_before(&self) -> u64;
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSession {
    /// The ticket does not count.
    Ticket(TicketError),
    /// The published settings cannot be read.
    Settings(String),
}

impl fmt::Display for NoSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(why) => fmt::Display::fmt(why, f),
            Self::Settings(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for NoSession {}

impl From<TicketError> for NoSession {
    fn from(why: TicketError) -> Self {
        Self::Ticket(why)
    }
}

/// The published settings as this process uses them; sessions share what is equal.
pub struct Kernel<S: Source> {
    source: S,
    shelf: Mutex<Shelf<S::Bytes>>,
}

/// A generation that sessions pin, with what everybody holds by it.
struct Generation<B> {
    image: Arc<Image<B>>,
    public: Privileges,
}

/// What sessions share.
struct Shelf<B> {
    pages: Pages,
    generations: Vec<Weak<Generation<B>>>,
    /// By the generation decided from, the one that says what lives, and the roles.
    tables: BTreeMap<(u64, u64, Vec<RoleId>), Privileges>,
    /// At how many tables those that nobody uses any longer are let go.
    sweep_at: usize,
    /// The resources of a generation that another one has no longer.
    dead: BTreeMap<(u64, u64), Arc<[ResourceId]>>,
}

impl<S: Source> Kernel<S> {
    /// A kernel over a source.
    pub fn new(source: S) -> Arc<Self> {
        let shelf = Shelf {
            pages: Pages::new(),
            generations: Vec::new(),
            tables: BTreeMap::new(),
            sweep_at: 1_024,
            dead: BTreeMap::new(),
        };
        Arc::new(Self { source, shelf: Mutex::new(shelf) })
    }

    /// Where the settings come from.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// The session of a ticket, by the settings that count now; `now` is in seconds since 1970.
    pub fn session(self: &Arc<Self>, ticket: &[u8], now: u64) -> Result<Session<S>, NoSession> {
        let image = self.source.current().map_err(NoSession::Settings)?;
        let public = image.ticket_key().ok_or(TicketError::Invalid)?;
        let ticket = Ticket::verify(ticket, public, now)?;
        if ticket.issued < self.source.tickets_not_before() || self.source.has_ended(ticket.session) {
            return Err(TicketError::Ended.into());
        }
        if ticket.generation > image.generation() || ticket.generation < self.source.oldest() {
            return Err(TicketError::Generation.into());
        }
        let process = Process::new(&ticket.user, &ticket.roles);
        Ok(self.begin(ticket.session, ticket.expires, process, image))
    }

    /// A session of roles that somebody else vouches for: the process that has the instance open, or a test.
    pub fn session_of(self: &Arc<Self>, user: &str, roles: &[RoleId]) -> Result<Session<S>, NoSession> {
        let image = self.source.current().map_err(NoSession::Settings)?;
        Ok(self.begin(0, u64::MAX, Process::new(user, roles), image))
    }

    fn begin(
        self: &Arc<Self>,
        id: u64,
        expires: u64,
        process: Process,
        image: Arc<Image<S::Bytes>>,
    ) -> Session<S> {
        let generation = self.generation(image);
        let view = self.view(id, &generation, &process.roles());
        let epoch = self.source.epoch();
        Session {
            view,
            epoch,
            kernel: Arc::clone(self),
            id,
            expires,
            process,
            pinned: generation,
            later: Mutex::new(None),
        }
    }

    /// The generation of an image, once for all sessions.
    fn generation(&self, image: Arc<Image<S::Bytes>>) -> Arc<Generation<S::Bytes>> {
        let mut shelf = lock(&self.shelf);
        let known = shelf.generations.iter().filter_map(Weak::upgrade);
        if let Some(known) = { known }.find(|known| Arc::ptr_eq(&known.image, &image)) {
            return known;
        }
        let public = shelf.pages.public(&image);
        let generation = Arc::new(Generation { image, public });
        shelf.generations.retain(|known| known.strong_count() > 0);
        shelf.generations.push(Arc::downgrade(&generation));
        generation
    }

    /// What a session sees as of now. The epoch is read first: what happens later is looked at again.
    fn view(&self, session: u64, pinned: &Arc<Generation<S::Bytes>>, roles: &[RoleId]) -> View<S::Bytes> {
        let seen = self.source.epoch().load(Ordering::Acquire);
        let ended = (session != 0 && self.source.has_ended(session))
            || pinned.image.generation() < self.source.oldest();
        let refused = |seen, ended| View {
            privileges: Privileges::nothing(),
            seen,
            generation: Arc::clone(pinned),
            ended,
        };
        if ended {
            return refused(seen, true);
        }
        // What cannot be read decides "no", and is looked at again with the next check.
        let Ok(now) = self.source.current() else { return refused(seen.wrapping_sub(1), false) };
        let now = self.generation(now);
        let generation = if now.image.role_changes_at_once() { Arc::clone(&now) } else { Arc::clone(pinned) };
        let privileges = lock(&self.shelf).privileges(&generation, &now, roles);
        View { privileges, seen, generation, ended: false }
    }
}

impl<B: AsRef<[u8]>> Shelf<B> {
    /// What roles hold by a generation, of which only that counts which lives by another; a role that was made since is
    /// read from there (TIM-3).
    fn privileges(&mut self, then: &Generation<B>, now: &Generation<B>, roles: &[RoleId]) -> Privileges {
        let key = (then.image.generation(), now.image.generation(), roles.to_vec());
        if let Some(known) = self.tables.get(&key) {
            return known.clone();
        }
        let made = self.make(then, now, roles);
        self.tables.insert(key, made.clone());
        if self.tables.len() > self.sweep_at {
            self.tables.retain(|_, privileges| privileges.is_shared());
            self.sweep_at = (self.tables.len() * 2).max(1_024);
            self.dead.clear();
        }
        made
    }

    fn make(&mut self, then: &Generation<B>, now: &Generation<B>, roles: &[RoleId]) -> Privileges {
        let given = roles.iter().copied();
        if then.image.generation() == now.image.generation() {
            let reached = then.image.closure(given, |_| true);
            return self.pages.privileges(&then.image, &then.public, &reached, &[]);
        }
        let dead = self.dead(then, now);
        let reached = then.image.closure(given.clone(), |role| now.image.has_role(role));
        let old = self.pages.privileges(&then.image, &then.public, &reached, &dead);
        let made_since = |role: &RoleId| !then.image.has_role(*role);
        let since = now.image.closure(given.filter(made_since), |_| true);
        if old.has_all() || since.roles().is_empty() {
            return old;
        }
        self.pages.privileges(&now.image, &old, &since, &dead)
    }

    fn dead(&mut self, then: &Generation<B>, now: &Generation<B>) -> Arc<[ResourceId]> {
        let key = (then.image.generation(), now.image.generation());
        if let Some(known) = self.dead.get(&key) {
            return Arc::clone(known);
        }
        let mut living = now.image.resources().peekable();
        let mut dead = Vec::new();
        for resource in then.image.resources() {
            while living.next_if(|other| *other < resource).is_some() {}
            if living.peek() != Some(&resource) {
                dead.push(resource);
            }
        }
        let dead: Arc<[ResourceId]> = dead.into();
        self.dead.insert(key, Arc::clone(&dead));
        dead
    }
}

/// What a session sees: bits, and as of when.
struct View<B> {
    privileges: Privileges,
    seen: u64,
    /// The settings it decides from.
    generation: Arc<Generation<B>>,
    ended: bool,
}

impl<B: AsRef<[u8]>> View<B> {
    #[inline]
    fn granted(&self, resource: &str, wanted: Permissions) -> Decision {
        decided(self.privileges.grants(self.generation.image.resource(resource), wanted))
    }
}

/// Somebody who was admitted, deciding from the settings of the beginning.
///
/// Checks take `&self` and may come from several threads. After something was deleted they take a longer way, until
/// [`Session::refresh`] makes the new bits those of the session; call it where a request begins.
pub struct Session<S: Source> {
    view: View<S::Bytes>,
    epoch: &'static AtomicU64,
    kernel: Arc<Kernel<S>>,
    id: u64,
    expires: u64,
    process: Process,
    pinned: Arc<Generation<S::Bytes>>,
    later: Mutex<Option<Arc<View<S::Bytes>>>>,
}

impl<S: Source> Session<S> {
    /// Tells whether a prepared privilege is held: no allocation, no system call, no lock.
    #[inline]
    pub fn holds(&self, wanted: &Prepared) -> Decision {
        if self.epoch.load(Ordering::Relaxed) == self.view.seen {
            return decided(self.view.privileges.holds(wanted));
        }
        self.holds_anew(*wanted)
    }

    #[cold]
    #[inline(never)]
    fn holds_anew(&self, wanted: Prepared) -> Decision {
        decided(self.anew().privileges.holds(&wanted))
    }

    /// Looks a privilege up, to be asked for many times. The answer is right for as long as the resource lives.
    pub fn prepare(&self, resource: &str, wanted: Permissions) -> Prepared {
        self.seeing(|view| Prepared::new(view.generation.image.resource(resource), wanted))
    }

    /// Tells whether all wanted permissions are held on the resource of a name; wanting nothing is granted to `%All` alone.
    #[inline]
    pub fn granted(&self, resource: &str, wanted: Permissions) -> Decision {
        // A closure given to `seeing` would be called and not inlined, which is a tenth of a check by name.
        if self.epoch.load(Ordering::Relaxed) == self.view.seen {
            return self.view.granted(resource, wanted);
        }
        self.granted_anew(resource, wanted)
    }

    #[cold]
    #[inline(never)]
    fn granted_anew(&self, resource: &str, wanted: Permissions) -> Decision {
        self.anew().granted(resource, wanted)
    }

    /// The permissions held on the resource of a name.
    #[inline]
    pub fn held(&self, resource: &str) -> Permissions {
        self.seeing(|view| view.privileges.held(view.generation.image.resource(resource)))
    }

    /// `Check`, in both forms (`authorization.md` section 12).
    pub fn check(&self, resource: &str, wanted: Option<&str>) -> Answer {
        match wanted {
            None => Answer::Held(self.held(resource)),
            Some(wanted) => {
                Answer::Decided(self.granted(resource, wanted.parse().unwrap_or(Permissions::NONE)))
            }
        }
    }

    /// Tells whether everything that a Requires keyword names is held (REQ-3, REQ-4).
    pub fn requires(&self, requirement: &Requirement) -> Decision {
        decided(
            requirement
                .pairs()
                .iter()
                .all(|pair| self.granted(&pair.resource, pair.permissions).is_granted()),
        )
    }

    /// `$USERNAME`.
    pub fn user(&self) -> &str {
        self.process.user()
    }

    /// `$ROLES` as a comma list.
    pub fn roles(&self) -> String {
        let now = self.kernel.source.current().ok();
        let name = |role: RoleId| {
            let pinned = self.pinned.image.name_of_role(role);
            pinned.or_else(|| now.as_ref()?.name_of_role(role)).map(str::to_owned)
        };
        self.process.roles().into_iter().filter_map(name).collect::<Vec<_>>().join(",")
    }

    /// The generation of the settings that it decides from.
    pub fn generation(&self) -> u64 {
        self.seeing(|view| view.generation.image.generation())
    }

    /// Tells whether it was ended, or must authenticate again for its age; then nothing is granted.
    pub fn has_ended(&self) -> bool {
        self.seeing(|view| view.ended)
    }

    /// Tells whether the time of its ticket is over, in seconds since 1970. A check asks no clock; whoever keeps a session
    /// for long asks this.
    pub const fn has_expired(&self, now: u64) -> bool {
        now >= self.expires
    }

    /// Makes what was deleted since part of the session's own bits, so that checks are short again.
    pub fn refresh(&mut self) {
        if self.epoch.load(Ordering::Relaxed) != self.view.seen {
            self.look();
        }
    }

    /// `SET $ROLES` (PRC-3 to PRC-7).
    pub fn set_roles(&mut self, list: &str, code: CodeOrigin) -> Result<(), SetRefused> {
        self.refresh();
        let mut process = self.process.clone();
        process.set_roles(list, code, &*self)?;
        self.process = process;
        self.look();
        Ok(())
    }

    /// `NEW $ROLES` (PRC-9): what is added afterwards ends with [`Session::pop_roles`].
    pub fn push_roles(&mut self) {
        self.process.push_roles();
    }

    /// The end of the frame of the last [`Session::push_roles`].
    pub fn pop_roles(&mut self) {
        self.process.pop_roles();
        self.look();
    }

    /// `AddRoles` of an application: its own roles, and the targets of every match role that the session holds, directly or
    /// through others (ESC-10 to ESC-18). Whether the code that calls is one that the application lists is for the caller
    /// to know, who runs it.
    pub fn add_roles(&mut self, application: &str) -> Result<(), Status> {
        self.refresh();
        let (app, reached) = self.seeing(|view| {
            let image = &view.generation.image;
            (image.application(application), image.closure(self.process.roles(), |_| true))
        });
        let app = app.ok_or_else(|| Status::new(Code::PrivilegedApplicationNotFound, [application]))?;
        if !app.enabled {
            return Err(Status::new(Code::PrivilegedApplicationDisabled, [application]));
        }
        let guard = match app.guard {
            Guard::Open => None,
            Guard::Resource(id) => Some(Prepared::new(Some(id), Permissions::USE)),
            Guard::Missing => Some(Prepared::new(None, Permissions::USE)),
        };
        if guard.is_some_and(|guard| !self.holds(&guard).is_granted()) {
            return Err(Status::new(Code::RestrictedFromApplication, [self.user(), application]));
        }
        self.process.add_roles(&targets(&app.rules, &reached));
        self.look();
        Ok(())
    }

    /// Takes the role of another ticket of the same user in place of all others (ESC-2): one that the instance made after
    /// the user proved again who it is.
    pub fn escalate(&mut self, ticket: &[u8], now: u64) -> Result<(), NoSession> {
        let other = self.kernel.session(ticket, now)?;
        let roles = other.process.roles();
        let [role] = roles.as_slice() else { return Err(TicketError::Invalid.into()) };
        if !sclera_core::name::same(other.user(), self.user()) {
            return Err(TicketError::Invalid.into());
        }
        self.process.escalate(*role);
        self.look();
        Ok(())
    }

    /// Gives the role back that was taken by [`Session::escalate`].
    pub fn clear_escalation(&mut self) {
        self.process.clear_escalation();
        self.look();
    }

    fn look(&mut self) {
        self.view = self.kernel.view(self.id, &self.pinned, &self.process.roles());
        *lock(&self.later) = None;
    }

    #[inline]
    fn seeing<R>(&self, see: impl FnOnce(&View<S::Bytes>) -> R) -> R {
        if self.epoch.load(Ordering::Relaxed) == self.view.seen {
            return see(&self.view);
        }
        see(&self.anew())
    }

    /// The view as of an epoch that moved, made once for all checks until it moves again.
    #[cold]
    #[inline(never)]
    fn anew(&self) -> Arc<View<S::Bytes>> {
        let mut later = lock(&self.later);
        let epoch = self.epoch.load(Ordering::Acquire);
        if let Some(known) = later.as_ref().filter(|known| known.seen == epoch) {
            return Arc::clone(known);
        }
        let view = Arc::new(self.kernel.view(self.id, &self.pinned, &self.process.roles()));
        *later = Some(Arc::clone(&view));
        view
    }
}

impl<S: Source> Settings for Session<S> {
    fn role_named(&self, name: &str) -> Option<RoleId> {
        let now = self.kernel.source.current().ok()?;
        let lives = |role: &RoleId| now.has_role(*role);
        let known = self.seeing(|view| view.generation.image.role_named(name)).filter(lives);
        known.or_else(|| now.role_named(name))
    }

    fn granted_to(&self, _roles: &[RoleId], resource: &str, wanted: Permissions) -> Decision {
        // They are its own.
        self.granted(resource, wanted)
    }
}

/// Roles of an application: those for everyone, and those of every match role that is held; what they bring is not
/// matched again (ESC-11, ESC-13).
fn targets(rules: &[(Option<RoleId>, Vec<RoleId>)], held: &Reached) -> Vec<RoleId> {
    let hits = rules.iter().filter(|(matched, _)| matched.is_none_or(|role| held.contains(role)));
    hits.flat_map(|(_, targets)| targets.iter().copied()).collect()
}

fn decided(granted: bool) -> Decision {
    if granted { Decision::Granted } else { Decision::Denied }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
