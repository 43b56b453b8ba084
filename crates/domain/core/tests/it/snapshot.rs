//! Images: decisions from them are those of the slow model and of the settings they were made of, a patch is a
//! compilation, and bytes that are no image are refused without harm.

use crate::cases;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sclera_core::change::Kind;
use sclera_core::decision::Answer;
use sclera_core::id::{ResourceId, RoleId};
use sclera_core::name::{ResourceName, RoleName};
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::resource::Resource;
use sclera_core::role::{Origin, Role};
use sclera_core::snapshot::{
    About, Changed, Guard, Image, Invalid, Pages, Prepared, Privileges, compile, patch,
};
use sclera_testkit::desk::Desk;
use sclera_testkit::random::{RESOURCES, SPELLINGS, USERS, change, role_list, world};
use sclera_testkit::slow_model::{self, World};
use sclera_testkit::targets::walk;
use sclera_testkit::world::{delete_resource, delete_role, desk_of, stocked};

const ABOUT: About = About { generation: 7, ticket_key: [9; 32] };

fn image_of(policy: &Policy) -> Image<Vec<u8>> {
    Image::open(compile(policy, &ABOUT).unwrap()).unwrap()
}

/// An image with the pages of one set of roles after the other.
struct Kernel {
    image: Image<Vec<u8>>,
    pages: Pages,
    public: Privileges,
}

impl Kernel {
    fn of(policy: &Policy) -> Self {
        let (image, mut pages) = (image_of(policy), Pages::new());
        let public = pages.public(&image);
        Self { image, pages, public }
    }

    fn privileges(&mut self, roles: &[RoleId]) -> Privileges {
        let reached = self.image.closure(roles.iter().copied(), |_| true);
        self.pages.privileges(&self.image, &self.public, &reached, &[])
    }

    /// `Check`, in both forms.
    fn check(&self, privileges: &Privileges, resource: &str, wanted: Option<&str>) -> String {
        let id = self.image.resource(resource);
        let Some(wanted) = wanted else { return Answer::Held(privileges.held(id)).to_string() };
        let wanted = wanted.parse().unwrap_or(Permissions::NONE);
        if privileges.holds(&Prepared::new(id, wanted)) { "1" } else { "0" }.to_owned()
    }
}

/// Names to ask about: every resource in one of its spellings, and some that name none.
fn asked() -> Vec<String> {
    let spelled = RESOURCES.iter().enumerate().map(|(number, names)| names[number % 3].to_owned());
    spelled.chain(["NoSuch", "", " r1 ", "%DB_SALES "].map(str::to_owned)).collect()
}

/// How many decisions are compared: `SCLERA_DECISIONS`, or a million.
fn decisions() -> u64 {
    let given = std::env::var("SCLERA_DECISIONS").ok().and_then(|number| number.parse().ok());
    given.unwrap_or(1_000_000)
}

/// Compares every user with every name in both forms; tells how many decisions those were.
fn compare(world: &World) -> u64 {
    let desk = desk_of(world);
    let mut kernel = Kernel::of(&desk.policy);
    let names = asked();
    let wishes: Vec<_> = SPELLINGS.iter().map(|wanted| (*wanted, slow_model::permissions(wanted))).collect();
    let mut count = 0;
    for user in USERS.iter().enumerate().map(|(number, names)| names[number % 3]).chain(["root"]) {
        let (Some(roles), Some(login)) = (desk.session_roles(user), world.login(user)) else { continue };
        let privileges = kernel.privileges(&roles);
        let all = world.closure(&login).iter().any(|role| role.is_all);
        for name in &names {
            let held = world.effective(&login, name);
            let words = kernel.check(&privileges, name, None);
            assert_eq!(words, slow_model::words(&held), "{user} on {name:?} in {world:#?}");
            for (text, wanted) in &wishes {
                let granted =
                    all || wanted.as_ref().is_some_and(|set| !set.is_empty() && set.is_subset(&held));
                let answer = kernel.check(&privileges, name, Some(text));
                assert_eq!(answer == "1", granted, "{user} on {name:?} for {text:?} in {world:#?}");
            }
            count += 1 + wishes.len() as u64;
        }
    }
    count
}

/// A million decisions, or as many as `SCLERA_DECISIONS` says, in worlds by chance.
#[test]
#[cfg_attr(miri, ignore = "too many for an interpreter; the others go through the same code")]
fn decisions_are_those_of_the_slow_model() {
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(cases(1), seed);
    let worlds = world();
    let mut count = 0;
    while count < decisions() {
        count += compare(&worlds.new_tree(&mut runner).unwrap().current());
    }
}

proptest! {
    #![proptest_config(cases(if cfg!(miri) { 1 } else { 64 }))]

    #[test]
    fn decisions_for_role_lists_are_those_of_the_settings(world in world(), lists in vec(role_list(), 1..4)) {
        let desk = desk_of(&world);
        let mut kernel = Kernel::of(&desk.policy);
        for list in lists {
            let roles: Vec<RoleId> =
                sclera_core::name::list(&list).filter_map(|name| kernel.image.role_named(name)).collect();
            let known: Vec<RoleId> = sclera_core::name::list(&list)
                .filter_map(|name| desk.policy.roles.named(name))
                .map(|role| role.id)
                .collect();
            prop_assert_eq!(&roles, &known);
            let closure = desk.policy.closure(roles.iter().copied());
            let reached = kernel.image.closure(roles.iter().copied(), |_| true);
            prop_assert_eq!(reached.roles(), closure.iter().collect::<Vec<_>>());
            prop_assert_eq!(reached.has_all(), closure.has_all());
            let privileges = kernel.privileges(&roles);
            let laid_out = [0, 1, usize::MAX].map(|most| desk.policy.laid_out(closure.clone(), most));
            for name in asked() {
                let id = desk.policy.resource(&name).map(|found| found.id);
                prop_assert_eq!(kernel.image.resource(&name), id, "{:?}", name);
                for wanted in SPELLINGS.map(Some).into_iter().chain([None]) {
                    let expected = desk.policy.check(&closure, &name, wanted).to_string();
                    for laid_out in &laid_out {
                        prop_assert_eq!(&desk.policy.check(laid_out, &name, wanted).to_string(), &expected);
                    }
                    prop_assert_eq!(kernel.check(&privileges, &name, wanted), expected, "{:?} {:?}", name, wanted);
                }
            }
        }
    }

    #[test]
    fn a_patch_is_a_compilation((world, changes) in (world(), vec(change(), 1..12))) {
        let mut desk = desk_of(&world);
        desk.install_service("%Service_Test");
        let mut previous = image_of(&desk.policy);
        let mut changed = Changed::default();
        for (number, change) in changes.iter().enumerate() {
            let before = desk.policy.clone();
            let _ = desk.submit(change);
            note_differences(&before, &desk.policy, &mut changed);
            if number % 3 == 2 {
                continue; // Several changes in one patch.
            }
            let about = About { generation: 8 + number as u64, ..ABOUT };
            let patched = patch(&previous, &desk.policy, &about, &changed).unwrap();
            prop_assert!(patched == compile(&desk.policy, &about).unwrap(), "after {:?}", change);
            previous = Image::open(patched).unwrap();
            changed = Changed::default();
        }
    }

    #[test]
    fn turned_bits_are_refused(place in any::<proptest::sample::Index>(), bit in 0..8u8) {
        let mut bytes = compile(&stocked().policy, &ABOUT).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        prop_assert!(Image::open(bytes).is_err(), "byte {}", place);
    }

    #[test]
    fn cut_and_longer_images_are_refused(cut in any::<proptest::sample::Index>(), more in 1..200usize) {
        let bytes = compile(&stocked().policy, &ABOUT).unwrap();
        prop_assert!(Image::open(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Image::open([bytes.clone(), vec![0; more]].concat()).is_err());
    }

    #[test]
    fn junk_is_refused(bytes in vec(any::<u8>(), 0..2_000)) {
        prop_assert!(Image::open(bytes).is_err());
    }

    /// Whoever can write the file can also make the sums right; then answers are worthless, and still harmless.
    #[test]
    fn hostile_images_do_no_harm(
        turned in vec((any::<proptest::sample::Index>(), hostile_word()), 1..40),
        resized in proptest::option::of((0..20usize, 0..400usize)),
    ) {
        let mut sections = sections_of(&compile(&stocked().policy, &ABOUT).unwrap());
        for (place, word) in turned {
            let mut place = place.index(sections.iter().map(Vec::len).sum::<usize>());
            for section in &mut sections {
                if place < section.len() {
                    let start = (place & !3).min(section.len().saturating_sub(4));
                    section[start..start + 4].copy_from_slice(&word.to_le_bytes());
                    break;
                }
                place -= section.len();
            }
        }
        if let Some((section, length)) = resized {
            sections[section].resize(length, 0xff);
        }
        let bytes = sealed(&sections);
        match Image::open(&bytes) {
            Ok(image) => walk(&image),
            Err(why) => prop_assert!(matches!(why, Invalid::Section(_)), "{:?}", why),
        }
    }
}

fn hostile_word() -> impl Strategy<Value = u32> {
    proptest::prop_oneof![
        0..40u32,
        any::<u32>(),
        proptest::prelude::Just(u32::MAX),
        (0..32u32).prop_map(|bit| 1 << bit)
    ]
}

const SECTIONS: usize = 20;

fn sections_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let long =
        |at: usize| usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap();
    (0..SECTIONS).map(|n| bytes[long(128 + n * 24)..][..long(128 + n * 24 + 8)].to_vec()).collect()
}

/// Puts changed sections together as the compiler would have.
fn sealed(sections: &[Vec<u8>]) -> Vec<u8> {
    let good = compile(&stocked().policy, &ABOUT).unwrap();
    let mut head: [u8; 128] = good[..128].try_into().unwrap();
    // The bound of ids is part of the header; let it be wrong as well.
    head[68..72].copy_from_slice(&u32::MAX.to_le_bytes());
    sclera_core::snapshot::seal(&head, sections)
}

/// What differs between settings, found by looking at everything.
fn note_differences(before: &Policy, after: &Policy, changed: &mut Changed) {
    let ids = before.resources.iter().chain(after.resources.iter()).map(|one| one.id.0);
    for id in ids.filter(|id| before.resources.get(*id) != after.resources.get(*id)) {
        changed.note(Kind::Resource, u64::from(id));
    }
    let ids = before.roles.iter().chain(after.roles.iter()).map(|one| one.id.0);
    for id in ids.filter(|id| before.roles.get(*id) != after.roles.get(*id)) {
        changed.note(Kind::Role, u64::from(id));
    }
}

/// The example that fuzzing begins from is an image of today.
#[test]
#[cfg_attr(miri, ignore = "it reads a file")]
fn the_seed_of_fuzzing_is_an_image() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fuzz/seeds/image/small");
    let bytes = compile(&stocked().policy, &ABOUT).unwrap();
    if std::env::var("SCLERA_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(path, &bytes).unwrap();
    }
    assert!(std::fs::read(path).is_ok_and(|kept| kept == bytes), "{path} differs; SCLERA_BLESS=1 writes it");
}

#[test]
fn every_byte_of_an_image_is_guarded() {
    let bytes = compile(&stocked().policy, &ABOUT).unwrap();
    let step = if cfg!(miri) { 997 } else { 1 };
    for place in (0..bytes.len()).step_by(step) {
        let mut turned = bytes.clone();
        turned[place] ^= 0x10;
        assert!(Image::open(turned).is_err(), "byte {place}");
    }
}

#[test]
fn each_fault_has_its_name() {
    let bytes = compile(&stocked().policy, &ABOUT).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Image::open(bytes).unwrap_err()
    };
    assert_eq!(with(0, b'X'), Invalid::Magic);
    assert_eq!(with(8, 1), Invalid::Version(1));
    assert_eq!(with(24, 99), Invalid::Header);
    assert_eq!(with(bytes.len() - 1, 99), Invalid::Section(19));
    assert_eq!(Image::open(&bytes[..5]).unwrap_err(), Invalid::Length);
    assert_eq!(Image::open(&bytes[..bytes.len() - 64]).unwrap_err(), Invalid::Length);
    assert_eq!(Image::open([bytes.as_slice(), &[0; 64]].concat()).unwrap_err(), Invalid::Length);
}

#[test]
fn an_image_has_no_users_and_no_secrets() {
    let mut desk = stocked();
    desk.carry(&sclera_testkit::world::user("a-very-special-user-name", "Clerk"));
    let bytes = compile(&desk.policy, &ABOUT).unwrap();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"AppData") && !holds(b"a-very-special-user-name") && !holds(&[1; 64]));
}

#[test]
fn services_and_applications_are_there() {
    let desk = stocked();
    let image = image_of(&desk.policy);
    let role = |name: &str| image.role_named(name).unwrap();
    let service = image.service("%service_TEST").unwrap();
    assert!(!service.enabled && service.resources.is_empty() && service.named == 1);
    let app = image.application("/APP").unwrap();
    assert_eq!(app.guard, Guard::Resource(image.resource("AppRun").unwrap()));
    assert_eq!(app.rules, [(Some(role("Clerk")), vec![role("Empty")]), (None, vec![role("%DB_SALES")]),]);
    assert!(app.enabled && image.application("/other").is_none());
    assert_eq!(image.ticket_key(), Some(&[9; 32]));
    assert_eq!(image.generation(), 7);
}

#[test]
fn names_that_keep_their_case_and_the_strict_setting() {
    let mut desk = Desk::installed();
    for name in ["%Ens_SystemDefaultSettings_MyItem", "AppData"] {
        desk.install_resource(name, sclera_core::resource::ResourceType::APPLICATION);
    }
    for exact in [false, true] {
        desk.policy.system.exact_resource_names = exact;
        let image = image_of(&desk.policy);
        for name in [
            "%Ens_SystemDefaultSettings_MyItem",
            "%ENS_SystemDefaultSettings_MyItem",
            "%Ens_SystemDefaultSettings_myitem",
            "AppData",
            "appdata",
            " AppData ",
        ] {
            let expected = desk.policy.resource(name).map(|found| found.id);
            assert_eq!(image.resource(name), expected, "{name:?}, exact: {exact}");
        }
    }
}

#[test]
fn deleted_roles_and_resources_give_nothing_by_an_earlier_image() {
    let mut desk = stocked();
    let mut kernel = Kernel::of(&desk.policy);
    let (boss, clerk) = (desk.role("Boss"), desk.role("Clerk"));
    let id = |kernel: &Kernel, name: &str| kernel.image.resource(name).unwrap();
    let (data, run, public) = (id(&kernel, "AppData"), id(&kernel, "AppRun"), id(&kernel, "Pub"));
    for gone in [delete_role("Clerk"), delete_resource("AppData"), delete_resource("Pub")] {
        desk.carry(&gone);
    }
    let now = image_of(&desk.policy);
    let reached = kernel.image.closure([boss], |role| now.has_role(role));
    assert!(reached.contains(boss) && !reached.contains(clerk));
    let dead: Vec<ResourceId> = kernel.image.resources().filter(|id| !now.has_resource(*id)).collect();
    let privileges = kernel.pages.privileges(&kernel.image, &kernel.public, &reached, &dead);
    for resource in [data, run, public] {
        assert_eq!(privileges.held(Some(resource)), Permissions::NONE);
    }
    let all = kernel.image.closure(kernel.image.role_named("%All"), |role| now.has_role(role));
    let everything = kernel.pages.privileges(&kernel.image, &kernel.public, &all, &dead);
    assert!(everything.holds(&Prepared::new(Some(data), Permissions::ALL)));
    assert!(everything.holds(&Prepared::new(None, Permissions::NONE)));
}

#[test]
fn equal_pages_are_one_and_unused_ones_go() {
    let mut kernel = Kernel::of(&stocked().policy);
    let one = kernel.privileges(&[kernel.image.role_named("Clerk").unwrap()]);
    let count = kernel.pages.len();
    let other = kernel.privileges(&[kernel.image.role_named("Clerk").unwrap()]);
    assert_eq!(kernel.pages.len(), count);
    drop((one, other));
    for _ in 0..3_000 {
        let _ = kernel.privileges(&[kernel.image.role_named("Boss").unwrap()]);
    }
    assert!(kernel.pages.len() <= count + 1);
}

/// A world of so many resources and roles; role n grants role n / 2.
pub(crate) fn wide(resources: u32, roles: u32, privileges: u32) -> Policy {
    let mut policy = Policy::default();
    for id in 1..=resources {
        let mut resource =
            Resource::new(ResourceId(id), ResourceName::new(&format!("Resource_{id}")).unwrap());
        if id % 10_007 == 0 {
            resource.public = Permissions::READ;
        }
        policy.resources.put(resource);
    }
    for number in 0..roles {
        let id = RoleId(resources + 1 + number);
        let mut role = Role::new(id, RoleName::new(&format!("Role_{number}")).unwrap(), Origin::Created);
        // A step that shares no factor with the number of resources spreads them.
        let mut at = u64::from(number) * 7_919;
        for _ in 0..privileges {
            at = (at * 1_103_515_245 + 12_345) % (1 << 31);
            let resource = u32::try_from(at % u64::from(resources)).unwrap() + 1;
            role.privileges.insert(ResourceId(resource), Permissions::READ | Permissions::USE);
        }
        if number > 1 {
            role.grants.push(RoleId(resources + 1 + number / 2));
        }
        policy.roles.put(role);
    }
    policy
}

#[test]
#[cfg_attr(miri, ignore = "a big world")]
fn a_wide_world_is_found_by_name_and_decided() {
    let policy = wide(5_000, 300, 40);
    let mut kernel = Kernel::of(&policy);
    for id in (1..=5_000).step_by(7) {
        assert_eq!(kernel.image.resource(&format!("RESOURCE_{id}")), Some(ResourceId(id)));
        assert_eq!(kernel.image.name_of_resource(ResourceId(id)), Some(format!("Resource_{id}").as_str()));
    }
    for number in [0, 1, 17, 299] {
        let role = kernel.image.role_named(&format!("role_{number}")).unwrap();
        let (privileges, closure) = (kernel.privileges(&[role]), policy.closure([role]));
        for id in 1..=5_000 {
            let name = format!("Resource_{id}");
            assert_eq!(privileges.held(Some(ResourceId(id))), policy.effective(&closure, &name), "{name}");
        }
    }
    let mut changed = policy.clone();
    changed.resources.drop(17);
    changed.resources.put(Resource::new(ResourceId(900_000), ResourceName::new("Ärzte").unwrap()));
    changed.roles.drop(5_100);
    let mut differs = Changed::default();
    for (kind, id) in [(Kind::Resource, 17), (Kind::Resource, 900_000), (Kind::Role, 5_100)] {
        differs.note(kind, id);
    }
    let patched = patch(&kernel.image, &changed, &ABOUT, &differs).unwrap();
    assert!(patched == compile(&changed, &ABOUT).unwrap());
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut policy = Policy::default();
    policy.resources.put(Resource::new(ResourceId(1 << 29), ResourceName::new("X").unwrap()));
    assert!(compile(&policy, &ABOUT).is_err());
    policy.resources.drop(1 << 29);
    policy.resources.put(Resource::new(ResourceId((1 << 29) - 1), ResourceName::new("X").unwrap()));
    let mut kernel = Kernel::of(&policy);
    assert_eq!(kernel.privileges(&[]).held(kernel.image.resource("x")), Permissions::NONE);
}

#[test]
fn nothing_changes_where_nothing_that_counts_changed() {
    let mut changed = Changed::default();
    for kind in [Kind::User, Kind::Event, Kind::SslConfig, Kind::LdapConfig, Kind::SqlPrivilege] {
        changed.note(kind, 3);
    }
    assert!(changed.is_nothing());
    let mut more = Changed::default();
    more.note(Kind::Service, 3);
    changed.extend(&more);
    assert!(!changed.is_nothing());
}
