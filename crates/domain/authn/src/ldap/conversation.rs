//! The conversation with one server: what is asked next, and what the answer means.

use super::groups::{Grants, common_name};
use super::message::{Ended, Entry, Filter, Request, Search};
use super::plan::Plan;
use super::state;
use crate::admission::{Answer, Identity, Profile};
use sclera_core::name::{one_line, same};
use sclera_core::status::{Code, Status};
use sclera_core::time::Date;
use std::sync::Arc;

/// The most groups of a user that are read.
const MOST_GROUPS: u32 = 1_000;
/// How often groups of groups are asked for.
const MOST_LEVELS: u8 = 8;
/// Attributes by which entries of groups name their members, by distinguished name.
const MEMBERS: [&str; 2] = ["member", "uniqueMember"];
/// `LDAP_MATCHING_RULE_IN_CHAIN`: a member by way of other groups, and `LDAP_MATCHING_RULE_BIT_AND`.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
const BIT_AND: &str = "1.2.840.113556.1.4.803";
/// The bit of `groupType` of a security group.
const SECURITY_GROUP: &str = "2147483648";

/// What comes next.
#[derive(Debug)]
#[must_use = "a conversation goes on only if somebody goes on with it"]
pub enum Next {
    /// This is asked of the server.
    Send(Request),
    /// The directory answered.
    Done(Answer),
    /// This server cannot answer now; why.
    Unserved(String),
}

/// What a server replied.
#[derive(Debug)]
pub enum Reply {
    /// How a bind ended.
    Bound(Ended),
    /// What a search found, and how it ended.
    Found(Vec<Entry>, Ended),
}

/// What is waited for.
#[derive(Debug)]
enum Stage {
    Beginning,
    SearchUserBound,
    UserFound,
    UserBound(Box<Entry>),
    BoundAgain(Box<Person>),
    GroupsFound(Box<Person>),
    Ended,
}

/// A user that the directory vouches for, and whose groups are being read.
#[derive(Debug)]
struct Person {
    entry: Entry,
    expiration: Option<Date>,
    /// The names of its groups.
    groups: Vec<String>,
    /// The distinguished names of groups that were seen, and how many of them when they were last asked about.
    seen: Vec<String>,
    asked: usize,
    /// How often groups were asked for.
    level: u8,
}

/// A conversation under way.
#[derive(Debug)]
pub struct Conversation<'p> {
    plan: &'p Plan,
    stage: Stage,
    told: Vec<String>,
}

impl<'p> Conversation<'p> {
    /// Begins with a server.
    pub fn begin(plan: &'p Plan) -> (Self, Next) {
        let mut conversation = Self { plan, stage: Stage::Beginning, told: Vec::new() };
        let next = match conversation.as_search_user() {
            Request::BindAnonymously => conversation.find_user(),
            bind => {
                conversation.stage = Stage::SearchUserBound;
                Next::Send(bind)
            }
        };
        (conversation, next)
    }

    /// What was found so far, for administrators.
    pub fn told(self) -> Vec<String> {
        self.told
    }

    /// Goes on with a reply.
    pub fn resume(&mut self, reply: Reply) -> Next {
        let (Reply::Bound(ended) | Reply::Found(_, ended)) = &reply;
        if ended.is_unserved() {
            return Next::Unserved(ended.told());
        }
        match (core::mem::replace(&mut self.stage, Stage::Ended), reply) {
            (Stage::SearchUserBound, Reply::Bound(ended)) => match self.search_user_bound(&ended) {
                Ok(()) => self.find_user(),
                Err(status) => failed(status),
            },
            (Stage::UserFound, Reply::Found(entries, ended)) => self.user_found(entries, &ended),
            (Stage::UserBound(entry), Reply::Bound(ended)) => self.user_bound(*entry, &ended),
            (Stage::BoundAgain(person), Reply::Bound(ended)) => match self.search_user_bound(&ended) {
                Ok(()) => self.find_groups(person),
                Err(status) => failed(status),
            },
            (Stage::GroupsFound(person), Reply::Found(entries, ended)) => {
                self.groups_found(person, &entries, &ended)
            }
            _ => Next::Unserved("it answered something else".to_owned()),
        }
    }

    fn as_search_user(&self) -> Request {
        let dn = &self.plan.config.search_user;
        if dn.is_empty() {
            return Request::BindAnonymously;
        }
        Request::Bind { dn: dn.clone(), password: Arc::clone(&self.plan.search_password) }
    }

    fn search_user_bound(&mut self, ended: &Ended) -> Result<(), Status> {
        if ended.code != 0 {
            return Err(Status::new(Code::LdapSearchBindFailed, [ended.told()]));
        }
        if !self.plan.config.search_user.is_empty() {
            self.tell(format!("bound as the search user {}", self.plan.config.search_user));
        }
        Ok(())
    }

    fn find_user(&mut self) -> Next {
        self.stage = Stage::UserFound;
        let plan = self.plan;
        Next::Send(Request::Search(Search {
            base: plan.config.base_dn.clone(),
            filter: Filter::Is(plan.config.unique_dn.clone(), plan.user.clone()),
            attributes: plan.wanted_attributes(),
            most: 2,
            seconds: seconds(plan),
        }))
    }

    fn user_found(&mut self, entries: Vec<Entry>, ended: &Ended) -> Next {
        const TOO_MANY: u32 = 4;
        let name = self.plan.name.as_str();
        if entries.len() > 1 || ended.code == TOO_MANY {
            return failed(Status::new(Code::NotUniqueInLdap, [name]));
        }
        if ended.code != 0 {
            return failed(Status::new(Code::LdapSearchFailed, [ended.told()]));
        }
        let Some(entry) = entries.into_iter().next() else {
            return failed(Status::new(Code::NotInLdap, [name]));
        };
        // Directories compare more loosely than we do, some without accents: what they find must also be the name here.
        if !entry.texts(&self.plan.config.unique_dn).any(|value| same(value, &self.plan.user)) {
            self.tell(format!("{} was found and is of another name", entry.dn));
            return failed(Status::new(Code::NotInLdap, [name]));
        }
        if entry.dn.is_empty() {
            return failed(Status::new(Code::LdapFirstEntryFailed, ["it has no name"]));
        }
        self.tell(format!("found {}", entry.dn));
        let Some(password) = &self.plan.password else { return self.judge_state(entry, false) };
        let bind = Request::Bind { dn: entry.dn.clone(), password: Arc::clone(password) };
        self.stage = Stage::UserBound(Box::new(entry));
        Next::Send(bind)
    }

    fn user_bound(&mut self, entry: Entry, ended: &Ended) -> Next {
        if ended.code == 0 {
            self.tell("the password is right".to_owned());
            return self.judge_state(entry, true);
        }
        if self.plan.is_active_directory()
            && let Some(status) = state::told(ended, &self.plan.name)
        {
            return Next::Done(Answer::Gone(status));
        }
        failed(Status::new(Code::LdapInvalidPassword, [ended.code.to_string(), ended.text.clone()]))
    }

    fn judge_state(&mut self, entry: Entry, bound_as_user: bool) -> Next {
        let judged = if self.plan.is_active_directory() {
            state::judge(&entry, &self.plan.name, self.plan.now)
        } else {
            Ok(None)
        };
        let expiration = match judged {
            Ok(expiration) => expiration,
            Err(status) => return Next::Done(Answer::Gone(status)),
        };
        let person = Person { entry, expiration, groups: Vec::new(), seen: Vec::new(), asked: 0, level: 0 };
        if !self.plan.uses_groups() {
            let grants = self.by_attributes(&person.entry);
            return self.granted(&person, grants);
        }
        if self.plan.is_active_directory() && !self.plan.uses_nested_groups() {
            let names: Vec<String> = person.entry.texts("memberOf").filter_map(common_name).collect();
            return self.by_groups(&person, &names);
        }
        if !bound_as_user {
            return self.find_groups(Box::new(person));
        }
        self.stage = Stage::BoundAgain(Box::new(person));
        Next::Send(self.as_search_user())
    }

    /// Groups of a user, or, where the directory does not follow them itself, of the groups found last.
    fn find_groups(&mut self, mut person: Box<Person>) -> Next {
        let filter = if self.plan.is_active_directory() {
            let kind = Filter::Is("objectCategory".to_owned(), "group".to_owned());
            let by = |rule, attribute, value: &str| Filter::By { rule, attribute, value: value.to_owned() };
            let security = by(BIT_AND, "groupType", SECURITY_GROUP);
            Filter::All(vec![kind, security, by(IN_CHAIN, "member", &person.entry.dn)])
        } else {
            let newest: Vec<&str> = match person.level {
                0 => vec![person.entry.dn.as_str()],
                _ => person.seen.iter().skip(person.asked).map(String::as_str).collect(),
            };
            let by_dn = newest.iter().flat_map(|dn| MEMBERS.map(|name| is(name, dn)));
            let by_name = (person.level == 0).then(|| is("memberUid", &self.plan.user));
            Filter::Any(by_dn.chain(by_name).collect())
        };
        person.level += 1;
        person.asked = person.seen.len();
        self.stage = Stage::GroupsFound(person);
        Next::Send(Request::Search(Search {
            base: self.plan.config.base_dn_groups.clone(),
            filter,
            attributes: vec!["cn".to_owned()],
            most: MOST_GROUPS,
            seconds: seconds(self.plan),
        }))
    }

    fn groups_found(&mut self, mut person: Box<Person>, entries: &[Entry], ended: &Ended) -> Next {
        if ended.code != 0 {
            return failed(Status::new(Code::LdapSearchFailed, [ended.told()]));
        }
        let before = person.seen.len();
        for entry in entries {
            if !person.seen.iter().any(|seen| same(seen, &entry.dn)) {
                person.seen.push(entry.dn.clone());
                person.groups.extend(entry.texts("cn").map(str::to_owned));
            }
        }
        let grew = person.seen.len() > before;
        let follows = self.plan.uses_nested_groups() && !self.plan.is_active_directory();
        if follows && grew && person.level < MOST_LEVELS && person.seen.len() < MOST_GROUPS as usize {
            return self.find_groups(person);
        }
        let names = core::mem::take(&mut person.groups);
        self.by_groups(&person, &names)
    }

    fn by_groups(&mut self, person: &Person, names: &[String]) -> Next {
        self.tell(format!("groups: {}", listed(names)));
        let grants = Grants::of(names.iter().map(String::as_str), &self.plan.config);
        self.granted(person, grants)
    }

    fn by_attributes(&self, entry: &Entry) -> Grants {
        let config = &self.plan.config;
        let mut grants = Grants {
            namespace: entry.text(&config.attribute_namespace).trim().to_owned(),
            routine: entry.text(&config.attribute_routine).trim().to_owned(),
            ..Grants::default()
        };
        // A value may list several, as in the names of groups and as in IRIS.
        let several = |attribute| entry.texts(attribute).flat_map(|text: &str| text.split(['^', ',']));
        Grants::add_roles(&mut grants.roles, several(&config.attribute_roles));
        Grants::add_roles(&mut grants.escalation_roles, several(&config.attribute_escalation_roles));
        grants
    }

    fn granted(&mut self, person: &Person, grants: Grants) -> Next {
        let (plan, entry) = (self.plan, &person.entry);
        for warning in &grants.warnings {
            self.tell(format!("warning: {warning}"));
        }
        self.tell(format!("roles: {}", listed(&grants.roles)));
        let text = |attribute: &str, most: usize| short(entry.text(attribute), most);
        let spelled = entry.texts(&plan.config.unique_dn).find(|value| same(value, &plan.user));
        let domain = plan.name.get(plan.user.len()..).unwrap_or_default();
        let profile = Profile {
            roles: grants.roles,
            escalation_roles: grants.escalation_roles,
            full_name: text(&plan.config.attribute_full_name, 2_048),
            comment: text(&plan.config.attribute_comment, 2_048),
            email: text(&plan.config.attribute_mail, 512),
            namespace: short(&grants.namespace, 64),
            routine: short(&grants.routine, 64),
            phone_number: text(&plan.config.attribute_mobile, 256),
            phone_provider: text(&plan.config.attribute_mobile_provider, 256),
            attributes: plan.kept_attributes().filter_map(|name| kept(entry, name)).collect(),
            expiration: person.expiration,
            password: plan.password.clone().filter(|_| plan.is_cached),
            ..Profile::default()
        };
        let name = format!("{}{domain}", spelled.unwrap_or(&plan.user));
        Next::Done(Answer::Granted(Box::new(Identity::with(name, profile))))
    }

    fn tell(&mut self, what: String) {
        self.told.push(what);
    }
}

fn failed(status: Status) -> Next {
    Next::Done(Answer::Failed(status))
}

fn is(attribute: &str, value: &str) -> Filter {
    Filter::Is(attribute.to_owned(), value.to_owned())
}

fn seconds(plan: &Plan) -> u32 {
    u32::try_from(plan.config.server_timeout).unwrap_or_default()
}

/// A value as a property has it: one line, of so many characters at most.
fn short(text: &str, most: usize) -> String {
    one_line(text).chars().take(most).collect()
}

/// `name=value` of an attribute that the entry has; several values are joined by commas.
fn kept(entry: &Entry, name: &str) -> Option<String> {
    let values: Vec<&str> = entry.texts(name).collect();
    (!values.is_empty()).then(|| format!("{name}={}", short(&values.join(","), 1_024)))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
