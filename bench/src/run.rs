//! One world, in a process of its own: loads everybody, compares all answers, then lets everybody take turns.

use crate::contenders::by_hand::ByHand;
use crate::contenders::casbin::{CHEAP_FIRST, Cached, Casbin, STOCK};
use crate::contenders::cedar::{Cedar, entities};
use crate::contenders::regorus::Regorus;
use crate::contenders::sclera::{ABOUT, Sclera, policy};
use crate::measure::{Batches, Form, calibrate, load, per_step, resident, thread_time};
use crate::world::{QUESTIONS, Question, Random, Size, WARM_USERS, World};
use sclera_core::change::Kind;
use sclera_core::id::RoleId;
use sclera_core::snapshot::{About, Changed, Image, compile, patch};
use std::hint::black_box;
use std::time::Duration;

/// The contenders in the order in which they are loaded and take their turns.
pub const CONTENDERS: [&str; 8] = [
    "sclera",
    "by-hand",
    "cedar-tuned",
    "cedar-naive",
    "regorus",
    "casbin",
    "casbin-cheap-first",
    "casbin-cached",
];

const ROUNDS: usize = 5;
const TURN: Duration = Duration::from_millis(12);

struct Loaded {
    name: &'static str,
    contender: Box<dyn Batches>,
}

fn say(world: Size, contender: &str, key: &str, value: impl std::fmt::Display) {
    println!("{}\t{contender}\t{key}\t{value}", world.name);
}

pub fn world(size: Size, without: &[String]) {
    let world = World::new(size);
    let questions = world.questions(QUESTIONS, WARM_USERS.min(size.users), 1);
    let cold = world.questions(QUESTIONS.min(size.users), QUESTIONS.min(size.users), 2);
    // One session: the questions of the first user that has both answers.
    let session = one_session(&world, &questions);
    let warm: Vec<Question> = questions.iter().chain(&session).cloned().collect();
    let mut shared = None;
    let mut loaded: Vec<Loaded> = Vec::new();
    for name in CONTENDERS.into_iter().filter(|name| !without.iter().any(|other| other == name)) {
        say(size, name, "loading", resident());
        let (contender, seconds, bytes) = load(|| -> Box<dyn Batches> {
            match name {
                "sclera" => Box::new(Sclera::new(&world, &warm)),
                "by-hand" => Box::new(ByHand::new(&world)),
                "cedar-tuned" => Box::new(Cedar::tuned(shared.get_or_insert_with(|| entities(&world)))),
                "cedar-naive" => {
                    Box::new(Cedar::naive(&world, shared.get_or_insert_with(|| entities(&world))))
                }
                "regorus" => Box::new(Regorus::flattened(&world)),
                "casbin" => Box::new(Casbin::new(&world, STOCK)),
                "casbin-cheap-first" => Box::new(Casbin::new(&world, CHEAP_FIRST)),
                _ => Box::new(Cached::new(&world)),
            }
        });
        say(size, name, "load-seconds", format!("{seconds:.4}"));
        say(size, name, "load-bytes", bytes);
        loaded.push(Loaded { name, contender });
    }
    drop(shared);
    for one in &loaded {
        let compared = compare(one, &questions);
        say(size, one.name, "compared", compared);
    }
    take_turns(size, &loaded, Form::ByName, "by-name", &questions, |name| name != "casbin-cached");
    take_turns(size, &loaded, Form::Cold, "cold", &cold, |name| name != "casbin-cached");
    for one in loaded.iter_mut().filter(|one| has_prepared_form(one.name)) {
        one.contender.prepare(&session);
        compare_prepared(one, &session);
    }
    take_turns(size, &loaded, Form::Prepared, "prepared", &session, has_prepared_form);
    floor(size, session.len());
    threads(size, &loaded, &questions);
    if !size.casbin {
        kernel(&world);
    }
}

fn has_prepared_form(name: &str) -> bool {
    !matches!(name, "casbin" | "casbin-cheap-first")
}

/// 64 questions of one user.
fn one_session(world: &World, questions: &[Question]) -> Vec<Question> {
    let user = questions[0].user_number;
    let roles = world.closure(user);
    let mut random = Random(3);
    (0..64)
        .map(|number| {
            let held = &world.roles[roles[random.below(roles.len())]].privileges;
            let (resource, permission) = if number % 2 == 0 {
                held[random.below(held.len())]
            } else {
                (random.below(world.size.resources), random.below(if world.size.casbin { 1 } else { 3 }))
            };
            Question {
                resource: crate::world::resource_name(resource),
                resource_number: resource,
                permission,
                expected: world.answer(user, resource, permission),
                ..questions[0].clone()
            }
        })
        .collect()
}

/// Holds the answers against the slow ones, as many as half a second allows; any difference ends everything.
fn compare(one: &Loaded, questions: &[Question]) -> usize {
    let start = thread_time();
    for (position, question) in questions.iter().enumerate() {
        let expected = usize::from(question.expected);
        for form in [Form::ByName, Form::Cold] {
            let answer = one.contender.batch(form, std::slice::from_ref(question), 1);
            assert_eq!(answer, expected, "{} {form:?} {question:?}", one.name);
        }
        if (thread_time() - start).as_millis() > 500 {
            return position + 1;
        }
    }
    questions.len()
}

fn compare_prepared(one: &Loaded, session: &[Question]) {
    let start = thread_time();
    let mut expected = 0;
    for (position, question) in session.iter().enumerate() {
        expected += usize::from(question.expected);
        let answer = one.contender.batch(Form::Prepared, &session[..=position], position + 1);
        assert_eq!(answer, expected, "{} prepared {question:?}", one.name);
        if (thread_time() - start).as_millis() > 500 {
            return;
        }
    }
}

fn take_turns(
    size: Size,
    loaded: &[Loaded],
    form: Form,
    key: &str,
    questions: &[Question],
    takes_part: impl Fn(&str) -> bool,
) {
    let takers: Vec<(&Loaded, usize)> = loaded
        .iter()
        .filter(|one| takes_part(one.name))
        .map(|one| (one, calibrate(&*one.contender, form, questions, TURN)))
        .collect();
    let mut best = vec![f64::INFINITY; takers.len()];
    for _ in 0..ROUNDS {
        for ((one, count), best) in takers.iter().zip(&mut best) {
            let nanoseconds = per_step(*count, || {
                black_box(one.contender.batch(form, questions, *count));
            });
            *best = best.min(nanoseconds);
        }
    }
    for ((one, _), best) in takers.iter().zip(best) {
        say(size, one.name, key, format!("{best:.2}"));
    }
}

/// The least that any check could be: one load and one test of a bit, in the same loop.
fn floor(size: Size, questions: usize) {
    let bits: Vec<u8> = (0..questions).map(|number| (number * 37) as u8).collect();
    let count = 1 << 22;
    let best = (0..ROUNDS).map(|_| {
        per_step(count, || {
            let mut granted = 0;
            for _ in 0..count / questions {
                for position in 0..questions {
                    let held = bits.get(black_box(position)).is_some_and(|byte| byte & 1 == 0);
                    granted += usize::from(black_box(held));
                }
            }
            black_box(granted);
        })
    });
    say(size, "floor", "prepared", format!("{:.2}", best.fold(f64::INFINITY, f64::min)));
}

/// What a check costs each of several threads at once, over the same data.
fn threads(size: Size, loaded: &[Loaded], questions: &[Question]) {
    for one in loaded.iter().filter(|one| matches!(one.name, "sclera" | "cedar-tuned" | "regorus")) {
        for number in [1, 2, 4] {
            let count = calibrate(&*one.contender, Form::ByName, questions, TURN);
            let best = (0..3).map(|_| {
                let sum: f64 = std::thread::scope(|scope| {
                    let threads: Vec<_> = (0..number)
                        .map(|_| {
                            scope.spawn(|| {
                                per_step(count, || {
                                    black_box(one.contender.batch(Form::ByName, questions, count));
                                })
                            })
                        })
                        .collect();
                    threads.into_iter().map(|thread| thread.join().expect("a thread")).sum()
                });
                sum / f64::from(number)
            });
            let best = best.fold(f64::INFINITY, f64::min);
            say(size, one.name, &format!("threads-{number}"), format!("{best:.2}"));
        }
    }
}

/// What the kernel does beside checks: compiling, patching, opening, making sessions.
fn kernel(world: &World) {
    let size = world.size;
    let mut settings = policy(world);
    let best =
        |what: &mut dyn FnMut()| (0..3).map(|_| per_step(1, &mut *what)).fold(f64::INFINITY, f64::min) / 1e6;
    let mut image = Vec::new();
    let milliseconds = best(&mut || image = compile(&settings, &ABOUT).expect("room"));
    say(size, "kernel", "compile-ms", format!("{milliseconds:.3}"));
    say(size, "kernel", "image-bytes", image.len());
    let milliseconds = best(&mut || {
        black_box(Image::open(image.as_slice()).expect("an image"));
    });
    say(size, "kernel", "open-ms", format!("{milliseconds:.3}"));
    let before = Image::open(image.as_slice()).expect("an image");
    let role = settings.roles.iter().next().expect("a role").clone();
    let mut changed = Changed::default();
    changed.note(Kind::Role, u64::from(role.id.0));
    let mut richer = role;
    richer.privileges.clear();
    settings.roles.put(richer);
    let about = About { generation: 2, ..ABOUT };
    let mut patched = Vec::new();
    let milliseconds = best(&mut || patched = patch(&before, &settings, &about, &changed).expect("room"));
    assert_eq!(patched, compile(&settings, &about).expect("room"), "a patch is a compilation");
    say(size, "kernel", "patch-ms", format!("{milliseconds:.3}"));
    let sclera = Sclera::new(world, &[]);
    let mut random = Random(4);
    for number in [4, 50] {
        let sets: Vec<Vec<RoleId>> = (0..256)
            .map(|_| {
                let role = |_| RoleId((size.resources + random.below(size.roles)) as u32 + 1);
                (0..number).map(role).collect()
            })
            .collect();
        let mut kept = Vec::new();
        let nanoseconds = (0..3).map(|_| {
            kept.clear();
            per_step(sets.len(), || kept.extend(sets.iter().map(|roles| sclera.session_of(roles))))
        });
        let best = nanoseconds.fold(f64::INFINITY, f64::min);
        say(size, "kernel", &format!("session-{number}-us"), format!("{:.2}", best / 1e3));
    }
}

/// Asks `count` questions of one contender in one form, for a tool that counts instructions.
pub fn spin(size: Size, name: &str, form: &str, count: usize) {
    let world = World::new(size);
    let questions = world.questions(256, 64, 1);
    let session = one_session(&world, &questions);
    let warm: Vec<Question> = questions.iter().chain(&session).cloned().collect();
    let mut contender: Box<dyn Batches> = match name {
        "sclera" => Box::new(Sclera::new(&world, &warm)),
        "by-hand" => Box::new(ByHand::new(&world)),
        "cedar-tuned" => Box::new(Cedar::tuned(&entities(&world))),
        "regorus" => Box::new(Regorus::flattened(&world)),
        _ => Box::new(Casbin::new(&world, CHEAP_FIRST)),
    };
    contender.prepare(&session);
    let form = if form == "prepared" { Form::Prepared } else { Form::ByName };
    black_box(contender.batch(form, if form == Form::Prepared { &session } else { &questions }, count));
}
