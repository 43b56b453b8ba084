//! The passwords that an import spells out.
//!
//! A key takes milliseconds on purpose, and those of a large file take hours, in which nobody may be kept from the store.
//! So they are made before the transaction, by the threads that hash passwords, in turn with whoever logs in meanwhile.
//! Of a password that was read and not yet hashed, only as many are in memory as keep the threads busy; of a key some 170
//! bytes, up to [`MOST_PASSWORDS`] of them.

use crate::administer::Mode;
use crate::engine::Engine;
use crate::hashing::Crowded;
use crate::transfer::{Source, Stage, Watch, at, each};
use crate::users::Recipe;
use crate::{Refusal, transfer};
use sclera_authn::password::Derivation;
use sclera_authn::secret::Secret;
use sclera_core::change::Kind;
use sclera_core::status::{Code, Status};
use sclera_core::user::Credential;
use sclera_exchange::{Password, Record};
use sclera_store::port::{Activity, Store};

/// The most passwords that one import may spell out.
pub(crate) const MOST_PASSWORDS: u64 = 4_000_000;

/// The turn in which an import's passwords are hashed: that of one source among those that log in.
const SOURCE: u64 = u64::MAX;

/// What becomes of the passwords that records spell out.
pub(crate) enum Keys {
    /// They are judged and hashed one by one.
    AtOnce,
    /// They are judged; something else stands for the key.
    StandIns,
    /// They were hashed before; in the order of the records.
    Made(std::vec::IntoIter<Option<Key>>),
}

/// What is kept of a password, in few bytes.
pub(crate) struct Key {
    derivation: Derivation,
    /// The salt, and then the key.
    bytes: Box<[u8]>,
}

impl Key {
    fn of(recipe: &Recipe, credential: &Credential) -> Self {
        let bytes = [recipe.salt.as_slice(), credential.key.as_slice()].concat().into_boxed_slice();
        Self { derivation: recipe.derivation, bytes }
    }

    fn credential(&self) -> Credential {
        let Derivation { algorithm, work_factor } = self.derivation;
        let (salt, key) = self.bytes.split_at(algorithm.salt_length().min(self.bytes.len()));
        Credential {
            algorithm: algorithm.name().to_owned(),
            work_factor: work_factor.get().into(),
            key: key.to_vec(),
            salt: salt.to_vec(),
        }
    }
}

/// What came of one password.
struct Done {
    index: usize,
    made: Result<Option<Key>, Refused>,
}

/// Which user's password was refused, and why.
struct Refused {
    user: String,
    refusal: Refusal,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// What is kept of a password that a record spells out.
    pub(crate) fn key_of(
        &self,
        record: &Record,
        password: &Password,
        keys: &mut Keys,
    ) -> Result<Credential, Refusal> {
        let placed = |refusal| placed(record, refusal);
        match keys {
            Keys::AtOnce => self
                .new_credential(&record.name, &record.properties, &secret(record, password)?)
                .map_err(placed),
            Keys::StandIns => {
                self.validate_password(&record.name, &secret(record, password)?).map_err(placed)?;
                Ok(stand_in(&self.recipe(&record.name, &record.properties).map_err(placed)?))
            }
            Keys::Made(made) => match made.next().flatten() {
                Some(key) => Ok(key.credential()),
                None => Err(Refusal::Unread("it was changed while it was being imported".to_owned())),
            },
        }
    }

    /// Hashes all passwords that a source spells out. In a rehearsal they are only compared with those of before. The
    /// first that is refused is told, and `what` becomes the words for it.
    pub(crate) fn keys_of(
        &self,
        source: &dyn Source,
        mode: Mode,
        watch: &mut Watch<'_>,
        what: &mut String,
    ) -> Result<Keys, Refusal> {
        let of = source.passwords();
        if of > MOST_PASSWORDS {
            let why = format!("an import may spell out {MOST_PASSWORDS} passwords, and this one has more");
            return Err(Status::general(why).into());
        }
        let mut gathered = Gathered { keys: Vec::new(), refused: None, done: 0, of, watch };
        let mut batch = self.hashing.batch(SOURCE);
        let mut index = 0;
        let fed = each(source, Kind::User, &mut |record| {
            let Some(password) = transfer::spelled_out(record) else { return Ok(()) };
            if gathered.refused.is_some() {
                return Err(Refusal::TooMany);
            }
            let password = secret(record, password)?;
            let recipe = self.recipe(&record.name, &record.properties)?;
            let (user, place) = (record.name.clone(), record.place.clone());
            let work = move || {
                let refused = |status| Refused { user, refusal: Refusal::Rule { status, place } };
                Done { index, made: work(&recipe, &password, mode).map_err(refused) }
            };
            index += 1;
            batch.give(work, &mut |done| gathered.take(done)).map_err(|Crowded| Refusal::TooMany)
        });
        let finished = batch.finish(&mut |done| gathered.take(done)).map_err(|Crowded| Refusal::TooMany);
        if let Some((_, Refused { user, refusal })) = gathered.refused {
            *what = format!("import {} {user}", Kind::User.word());
            return Err(refusal);
        }
        fed.and(finished)?;
        Ok(Keys::Made(gathered.keys.into_iter()))
    }
}

fn work(recipe: &Recipe, password: &Secret, mode: Mode) -> Result<Option<Key>, Status> {
    match mode {
        Mode::Rehearse | Mode::Simulate => recipe.compare(password).map(|()| None),
        Mode::Perform | Mode::Defer => Ok(Some(Key::of(recipe, &recipe.follow(password)?))),
    }
}

/// What has come back, in the order of the records.
struct Gathered<'a, 'w> {
    keys: Vec<Option<Key>>,
    /// The first of the records whose password was refused.
    refused: Option<(usize, Refused)>,
    done: u64,
    of: u64,
    watch: &'a mut Watch<'w>,
}

impl Gathered<'_, '_> {
    fn take(&mut self, Done { index, made }: Done) {
        match made {
            Ok(key) => {
                if self.keys.len() <= index {
                    self.keys.resize_with(index + 1, || None);
                }
                if let Some(place) = self.keys.get_mut(index) {
                    *place = key;
                }
            }
            Err(refused) => {
                if self.refused.as_ref().is_none_or(|(first, _)| index < *first) {
                    self.refused = Some((index, refused));
                }
            }
        }
        self.done += 1;
        (self.watch)(Stage::Hashing, self.done, self.of);
    }
}

/// What stands for a key while everything else is judged.
fn stand_in(recipe: &Recipe) -> Credential {
    let Derivation { algorithm, work_factor } = recipe.derivation;
    Credential {
        algorithm: algorithm.name().to_owned(),
        work_factor: work_factor.get().into(),
        key: vec![0; algorithm.digest_length()],
        salt: recipe.salt.clone(),
    }
}

fn secret(record: &Record, password: &Password) -> Result<Secret, Refusal> {
    let too_long = |_| at(record, Status::plain(Code::PasswordDoesNotMatch).because("it is too long"));
    Secret::new(password.expose().to_owned()).map_err(too_long)
}

fn placed(record: &Record, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Rule { status, .. } => at(record, status),
        other => other,
    }
}
