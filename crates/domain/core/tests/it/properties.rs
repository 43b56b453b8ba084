//! What holds in every world: decisions are those of the slow model, and the laws of sets and names.

use crate::cases;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::subsequence;
use sclera_core::decision::Answer;
use sclera_core::id::RoleId;
use sclera_core::name::{Folded, ResourceName, RoleName, list};
use sclera_core::permission::Permissions;
use sclera_core::privilege::{pair, pairs};
use sclera_testkit::desk::Desk;
use sclera_testkit::random::{RESOURCES, ROLES, SPELLINGS, USERS, role_list, spelling, world};
use sclera_testkit::slow_model::{self, World};
use sclera_testkit::world::{delete_role, desk_of};

/// Names to ask about: every resource in one of its spellings, and some that name none.
fn asked() -> impl Iterator<Item = String> {
    let spelled = RESOURCES.iter().enumerate().map(|(number, names)| names[number % 3].to_owned());
    spelled.chain(["NoSuch", "", " r1 ", "%DB_SALES "].map(str::to_owned))
}

/// Users to ask about: every name that may be in a world in one of its spellings, the fixed ones, and nobody.
fn users() -> impl Iterator<Item = &'static str> {
    USERS.iter().enumerate().map(|(number, names)| names[number % 3]).chain(["root", "nobody"])
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn decisions_are_those_of_the_slow_model(world in world(), spellings in vec(spelling(), 1..5)) {
        let desk = desk_of(&world);
        for user in users() {
            for resource in asked() {
                let held = desk.check(user, &resource, None).to_string();
                prop_assert_eq!(held, world.check1(user, &resource), "{} on {:?}", user, resource);
                for wanted in &spellings {
                    let answer = desk.check(user, &resource, Some(wanted)).to_string();
                    let model = world.check2(user, &resource, wanted);
                    prop_assert_eq!(answer, model, "{} on {:?} for {:?}", user, resource, wanted);
                }
            }
        }
    }

    #[test]
    fn decisions_for_role_lists_are_those_of_the_slow_model(
        world in world(),
        lists in vec(role_list(), 1..4),
        wanted in spelling(),
    ) {
        let desk = desk_of(&world);
        for roles in &lists {
            for resource in asked() {
                for wanted in [None, Some(wanted.as_str())] {
                    let answer = desk.policy.check_roles(roles, &resource, wanted).to_string();
                    let model = world.check_roles(roles, &resource, wanted);
                    prop_assert_eq!(answer, model, "{:?} on {:?} for {:?}", roles, resource, wanted);
                }
            }
        }
    }

    #[test]
    fn every_spelling_is_read_as_by_the_slow_model(text in spelling()) {
        let read = text.parse::<Permissions>().ok().map(|set| set.words().to_string());
        prop_assert_eq!(read, slow_model::permissions(&text).map(|set| slow_model::words(&set)));
    }

    #[test]
    fn closure_is_the_closure_of_the_slow_model(world in world(), list in role_list()) {
        let desk = desk_of(&world);
        let names: Vec<String> = list.split(',').map(str::to_owned).collect();
        let mut reached: Vec<String> = names_of(&desk, desk.policy.closure(known(&desk, &list)).iter());
        let mut model: Vec<String> = world.closure(&names).iter().map(|role| role.name.clone()).collect();
        reached.sort();
        model.sort();
        prop_assert_eq!(reached, model);
    }

    #[test]
    fn closure_is_idempotent_monotone_and_without_order((world, some, more) in world_with_roles()) {
        let desk = desk_of(&world);
        let ids = |names: &[String]| names.iter().map(|name| desk.role(name)).collect::<Vec<_>>();
        let (some, more) = (ids(&some), ids(&more));
        let closed = desk.policy.closure(some.clone());
        prop_assert!(some.iter().all(|id| closed.contains(*id)));
        prop_assert_eq!(&desk.policy.closure(closed.iter()), &closed);
        prop_assert_eq!(&desk.policy.closure(some.iter().rev().copied()), &closed);
        prop_assert_eq!(&desk.policy.closure([some.clone(), some.clone()].concat()), &closed);
        let wider = desk.policy.closure([some, more].concat());
        prop_assert!(closed.iter().all(|id| wider.contains(id)));
        prop_assert!(wider.has_all() || !closed.has_all());
    }

    #[test]
    fn deleted_roles_give_nothing_by_earlier_settings_either((world, some, deleted) in world_with_roles()) {
        let before = desk_of(&world);
        let mut after = before.clone();
        for name in &deleted {
            // %All and the roles of databases stay.
            prop_assert_eq!(after.submit(&delete_role(name)).is_ok(), !name.starts_with('%'));
        }
        let roles: Vec<RoleId> = some.iter().map(|name| before.role(name)).collect();
        let living = |role| after.policy.role(role).is_some();
        let closed = before.policy.closure_of_living(roles.clone(), living);
        prop_assert_eq!(closed, after.policy.closure(roles));
    }

    #[test]
    fn more_roles_never_give_less_and_none_takes_what_is_public((world, some, more) in world_with_roles()) {
        let desk = desk_of(&world);
        let closure = |names: &[String]| desk.policy.closure(names.iter().map(|name| desk.role(name)));
        let (few, many) = (closure(&some), closure(&[some.clone(), more].concat()));
        for resource in asked() {
            let held = |roles| desk.policy.effective(roles, &resource);
            prop_assert!(held(&many).holds(held(&few)), "DEC-2 on {}", resource);
            let public = desk.policy.resource(&resource).map_or(Permissions::NONE, |found| found.public);
            prop_assert!(held(&few).holds(public), "PUB-1 on {}", resource);
            for wanted in SPELLINGS {
                let check = |roles| desk.policy.check(roles, &resource, Some(wanted)).to_string();
                prop_assert!(check(&few) <= check(&many), "{} on {}", wanted, resource);
            }
        }
    }

    #[test]
    fn both_forms_of_check_agree(world in world()) {
        let desk = desk_of(&world);
        for user in users() {
            for resource in asked() {
                let Answer::Held(held) = desk.check(user, &resource, None) else { panic!("one argument") };
                for one in Permissions::EACH {
                    let answer = desk.check(user, &resource, Some(&one.to_string())).to_string();
                    prop_assert_eq!(answer == "1", held.holds(one));
                }
            }
        }
    }

    #[test]
    fn folding_once_is_enough(text in any::<String>()) {
        let folded = Folded::of(&text);
        prop_assert_eq!(&Folded::of(folded.as_str()), &folded);
    }

    #[test]
    fn accepted_names_stand_in_lists_and_pairs(one in ".{1,20}", other in "[A-Za-z%_:/, ]{1,10}") {
        for text in [&one, &other] {
            if RoleName::new(text).is_ok() {
                let both = format!("{text}, Clerk");
                prop_assert_eq!(list(&both).collect::<Vec<_>>(), [text.as_str(), "Clerk"]);
            }
            if ResourceName::new(text).is_ok() {
                let found = pairs(&format!("{text}:RW,Pub : U")).unwrap();
                prop_assert_eq!(&found[0].resource, text);
                prop_assert_eq!(found.len(), 2);
            }
        }
    }
}

/// A world, some of its roles, and more of them.
fn world_with_roles() -> impl Strategy<Value = (World, Vec<String>, Vec<String>)> {
    world().prop_flat_map(|world| {
        let names: Vec<String> = world.roles.iter().map(|role| role.name.clone()).collect();
        let count = names.len();
        let some = subsequence(names.clone(), 0..=count.min(3));
        let more = subsequence(names, 0..=count.min(3));
        (some, more).prop_map(move |(some, more)| (world.clone(), some, more))
    })
}

/// The roles of a list that exist.
fn known(desk: &Desk, roles: &str) -> Vec<RoleId> {
    list(roles).filter_map(|name| desk.policy.roles.named(name)).map(|role| role.id).collect()
}

fn names_of(desk: &Desk, ids: impl Iterator<Item = RoleId>) -> Vec<String> {
    ids.filter_map(|id| desk.policy.role(id)).map(|role| role.name.to_string()).collect()
}

#[test]
fn every_set_is_read_back_from_each_form() {
    for set in (0..8).map(|bits| Permissions::from_bits(bits).unwrap()) {
        let forms = [set.to_string(), set.words().to_string(), set.bits().to_string()];
        for form in &forms {
            assert_eq!(Permissions::from_property(form), Ok(set), "{form}");
        }
        for form in forms.iter().take(2).filter(|form| !form.is_empty()) {
            assert_eq!(form.parse(), Ok(set), "{form}");
            assert_eq!(pair(&format!("A:{}", form.replace(',', ""))).unwrap().permissions, set, "{form}");
        }
    }
}

#[test]
fn folding_once_is_enough_for_every_letter() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for some in all.chunks(4_096) {
        let text: String = ["x"].into_iter().map(str::to_owned).chain([String::from_iter(some)]).collect();
        let folded = Folded::of(&format!("{text}x"));
        assert_eq!(Folded::of(folded.as_str()), folded);
    }
}

#[test]
fn the_spellings_of_each_name_are_one_name() {
    for names in RESOURCES.iter().chain(&ROLES).chain(&USERS) {
        for name in names {
            assert_eq!(Folded::of(name), Folded::of(names[0]));
            assert!(slow_model::same(name, names[0]), "{name}");
        }
    }
}
