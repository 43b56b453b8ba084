//! Explanations agree with decisions, their chains are real, and their remedies help.

use crate::cases;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;
use sclera_core::change::Change;
use sclera_core::explain::{CHAINS_SHOWN, Chain, Explanation, Remedy, Subject, explain};
use sclera_core::id::RoleId;
use sclera_core::permission::Permissions;
use sclera_core::role::Origin;
use sclera_testkit::desk::Desk;
use sclera_testkit::random::{RESOURCES, world};
use sclera_testkit::world::{
    add_roles, desk_of, modify_resource, modify_role, properties, resource, role, user, w1,
};

type Checked = Result<(), TestCaseError>;

fn explained(desk: &Desk, user: &str, resource: &str, wanted: Permissions) -> Vec<Explanation> {
    let subject = desk.subject(user).unwrap();
    explain(&desk.policy, &subject, resource, wanted, &|role| desk.holders(role))
}

/// The names of users, and names of resources: those of the world and one of none.
fn questions(desk: &Desk) -> Vec<(String, &'static str)> {
    let resources = RESOURCES.iter().enumerate().map(|(number, names)| names[number % 3]);
    let resources: Vec<&str> = resources.chain(["NoSuch"]).collect();
    let users = desk.users().map(|user| user.name.to_string());
    users
        .flat_map(|user| resources.iter().map(move |name| (user.clone(), *name)).collect::<Vec<_>>())
        .collect()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn explanations_agree_with_decisions(world in world()) {
        let desk = desk_of(&world);
        for (user, resource) in questions(&desk) {
            let subject = desk.subject(&user).unwrap();
            for one in explained(&desk, &user, resource, Permissions::ALL) {
                let answer = desk.check(&user, resource, Some(&one.permission.to_string()));
                prop_assert_eq!(one.is_granted(), answer.to_string() == "1", "{} {} {:?}", user, resource, one);
                prop_assert_eq!(one.is_granted(), one.remedies.is_empty());
                prop_assert_eq!(one.total, brute_force(&desk, &subject, resource, one.permission));
                chains_are_real(&desk, &subject, resource, &one)?;
            }
        }
    }

    #[test]
    fn remedies_help(world in world()) {
        let desk = desk_of(&world);
        for (number, (user, resource)) in questions(&desk).into_iter().enumerate() {
            let wanted = Permissions::EACH[number % 3];
            for one in explained(&desk, &user, resource, wanted).iter().filter(|one| !one.is_granted()) {
                let missing = desk.policy.resource(resource).is_none();
                let first = if missing { Remedy::CreateResource } else { Remedy::NewRole };
                prop_assert_eq!(one.remedies.first(), Some(&first));
                prop_assert!(!missing || one.remedies.len() == 1);
                for remedy in &one.remedies {
                    helps(&desk, &user, resource, wanted, remedy)?;
                }
            }
        }
    }
}

/// Whether a role holds a permission by itself.
fn is_goal(desk: &Desk, role: RoleId, resource: &str, permission: Permissions) -> bool {
    let role = desk.policy.role(role).unwrap();
    let id = desk.policy.resource(resource).map(|found| found.id);
    role.origin == Origin::Everything
        || id.and_then(|id| role.privileges.get(&id)).is_some_and(|held| held.holds(permission))
}

/// Counts all ways by going each of them.
fn brute_force(desk: &Desk, subject: &Subject, resource: &str, permission: Permissions) -> u64 {
    fn ways(desk: &Desk, role: RoleId, goal: &dyn Fn(RoleId) -> bool) -> u64 {
        let grants = &desk.policy.role(role).unwrap().grants;
        u64::from(goal(role)) + grants.iter().map(|next| ways(desk, *next, goal)).sum::<u64>()
    }
    let goal = |role| is_goal(desk, role, resource, permission);
    subject.roles().map(|role| ways(desk, role, &goal)).sum()
}

fn chains_are_real(desk: &Desk, subject: &Subject, resource: &str, one: &Explanation) -> Checked {
    prop_assert_eq!(one.chains.len() as u64, one.total.min(CHAINS_SHOWN as u64));
    prop_assert!(one.chains.is_sorted_by_key(|chain| chain.roles.len()), "{:?}", one.chains);
    for (position, chain) in one.chains.iter().enumerate() {
        prop_assert!(!one.chains[..position].contains(chain), "{:?} stands twice", chain);
        let starts = if chain.from_public { &subject.from_public } else { &subject.own };
        let (first, last) = (chain.roles[0], chain.roles[chain.roles.len() - 1]);
        prop_assert!(starts.contains(&first));
        prop_assert!(is_goal(desk, last, resource, one.permission));
        let by_rule = desk.policy.role(last).is_some_and(|role| role.origin == Origin::Everything);
        prop_assert_eq!(chain.by_rule, by_rule);
        for step in chain.roles.windows(2) {
            prop_assert!(desk.policy.role(step[0]).is_some_and(|role| role.grants.contains(&step[1])));
        }
    }
    Ok(())
}

fn name(desk: &Desk, role: RoleId) -> String {
    desk.policy.role(role).unwrap().name.to_string()
}

/// Carries a remedy out and looks whether it gives what was asked for.
fn helps(desk: &Desk, user: &str, asked: &str, wanted: Permissions, remedy: &Remedy) -> Checked {
    let mut after = desk.clone();
    match remedy {
        Remedy::NewRole => {
            after.carry(&role("Remedy", &format!("{asked}:{wanted}"), ""));
            after.carry(&add_roles(user, "Remedy"));
        }
        Remedy::GiveRole { role, extra } => {
            let before = total_held(desk, user);
            after.carry(&add_roles(user, &name(desk, *role)));
            if !after.closure(user).has_all() && user != "_PUBLIC" {
                prop_assert_eq!(total_held(&after, user), before + 1 + extra, "{:?}", remedy);
            }
        }
        Remedy::ExtendRole { role, others } => {
            after.carry(&modify_role(
                &name(desk, *role),
                "Resources",
                extended(desk, *role, asked, wanted).as_str(),
            ));
            prop_assert_eq!(*others, desk.holders(*role).saturating_sub(1));
        }
        Remedy::MakePublic => {
            let public = desk.policy.resource(asked).unwrap().public | wanted;
            after.carry(&modify_resource(asked, "PublicPermission", public.to_string().as_str()));
        }
        Remedy::CreateResource => {
            after.carry(&resource(asked, ""));
            let next = explained(&after, user, asked, wanted);
            prop_assert_eq!(next[0].remedies.first(), Some(&Remedy::NewRole));
            return helps(&after, user, asked, wanted, &Remedy::NewRole);
        }
    }
    let answer = after.check(user, asked, Some(&wanted.to_string())).to_string();
    prop_assert_eq!(answer, "1", "{:?} gives {} nothing on {}", remedy, user, asked);
    Ok(())
}

/// How many permissions a user holds on all resources together.
fn total_held(desk: &Desk, user: &str) -> usize {
    let closure = desk.closure(user);
    let held = desk.policy.resources.iter().map(|one| desk.policy.effective(&closure, one.name.as_str()));
    held.map(|held| held.bits().count_ones() as usize).sum()
}

/// The privileges of a role with one permission more.
fn extended(desk: &Desk, role: RoleId, asked: &str, wanted: Permissions) -> String {
    let mut privileges = desk.policy.role(role).unwrap().privileges.clone();
    *privileges.entry(desk.policy.resource(asked).unwrap().id).or_default() |= wanted;
    let pair = |(id, held): (&sclera_core::id::ResourceId, &Permissions)| {
        format!("{}:{held}", desk.policy.resources.get(id.0).unwrap().name)
    };
    privileges.iter().map(pair).collect::<Vec<_>>().join(",")
}

fn chain(desk: &Desk, roles: &[&str]) -> Chain {
    let roles = roles.iter().map(|name| desk.role(name)).collect();
    Chain { from_public: false, roles, by_rule: false }
}

#[test]
fn every_way_is_told_shortest_first() {
    let mut desk = w1();
    desk.carry(&add_roles("cyd", "Clerk"));
    let told = explained(&desk, "cyd", "AppData", Permissions::READ | Permissions::USE);
    assert_eq!(told.len(), 2);
    let ways = [
        chain(&desk, &["Clerk"]),
        chain(&desk, &["Chief", "Boss"]),
        chain(&desk, &["Chief", "Boss", "Clerk"]),
    ];
    assert_eq!(told[0].chains, ways);
    assert_eq!((told[0].total, told[0].is_granted()), (3, true));
    assert_eq!((told[1].permission, told[1].is_granted()), (Permissions::USE, false));
}

#[test]
fn public_and_all_are_ways_too() {
    let mut desk = w1();
    let told = explained(&desk, "dan", "Pub", Permissions::READ);
    assert!(told[0].public && told[0].chains.is_empty() && told[0].is_granted());
    let told = explained(&desk, "eve", "Anything", Permissions::USE);
    assert!(!told[0].public && told[0].chains[0].by_rule);
    desk.carry(&add_roles("_PUBLIC", "Clerk"));
    let told = explained(&desk, "dan", "AppRun", Permissions::USE);
    assert!(told[0].chains[0].from_public && told[0].total == 1);
}

#[test]
fn many_ways_are_counted_and_few_are_shown() {
    let mut desk = w1();
    desk.carry(&role("Last", "AppRun:U", ""));
    let mut below = vec!["Last".to_owned()];
    for layer in 0..12 {
        let names: Vec<String> = (0..8).map(|number| format!("L{layer}-{number}")).collect();
        for name in &names {
            desk.carry(&role(name, "", &below.join(",")));
        }
        below = names;
    }
    desk.carry(&user("gus", &below.join(",")));
    let told = explained(&desk, "gus", "AppRun", Permissions::USE);
    assert_eq!(told[0].total, 8u64.pow(12));
    assert_eq!(told[0].chains.len(), CHAINS_SHOWN);
    assert!(told[0].chains.iter().all(|chain| chain.roles.len() == 13));
}

#[test]
fn the_smallest_remedy_comes_first_and_everybody_last() {
    let mut desk = w1();
    desk.carry(&role("Runner", "AppRun:U", ""));
    desk.carry(&Change::CreateRole {
        name: "Deep".to_owned(),
        properties: properties(&[("Resources", "AppRun:U"), ("EscalationOnly", "1")]),
    });
    desk.carry(&add_roles("dan", "Empty"));
    let told = explained(&desk, "dan", "AppRun", Permissions::USE);
    let remedies = &told[0].remedies;
    let give = |role: &str, extra| Remedy::GiveRole { role: desk.role(role), extra };
    let extend = Remedy::ExtendRole { role: desk.role("Empty"), others: 0 };
    assert_eq!(remedies[..4], [Remedy::NewRole, give("Runner", 0), extend, give("Clerk", 1)]);
    assert!(
        remedies
            .iter()
            .all(|remedy| !matches!(remedy, Remedy::GiveRole { role, .. } if *role == desk.role("Deep")))
    );
}
