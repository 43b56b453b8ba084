//! Decisions over HTTP: Sclera's server beside servers that wrap other engines in a bare axum handler, over the same
//! world, and beside such a handler that decides nothing. Each server is a process of its own; all take turns.

mod load;
mod peers;
mod product;

pub use peers::serve;

use crate::report::machine;
use crate::world::{PERMISSIONS, Question, SIZES, World};
use crate::{bytes_of, seconds_of};
use load::Measured;
use std::fmt::Write;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

const BEGIN: &str = "<!-- http: begin; written by `cargo run --release -- http` in `bench` -->";
const END: &str = "<!-- http: end -->";
const ROUNDS: usize = 11;
/// How long each is asked in a round; the handler that decides nothing half as long before it, and after it.
const TURN: Duration = Duration::from_secs(1);
/// How many decisions are asked for at once.
const BATCH: usize = 100;

/// A server that answers evaluations; it does not outlive this.
pub struct Served {
    pub child: Child,
    /// Such as `127.0.0.1:39123`.
    pub address: String,
    /// The line of the header that says who asks, with its end; empty for nobody.
    pub authorization: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who is measured: how it is called here, and in the table.
const CONTENDERS: [(&str, &str); 8] = [
    ("bare", "axum handler that reads the same JSON and answers without deciding"),
    ("sclera", "**Sclera**, who asks proven by a token"),
    ("by-hand", "axum with a walk over roles by hand, in hash maps"),
    ("cedar-tuned", "axum with cedar-policy, role sets on the resource, 3 policies"),
    ("cedar-naive", "axum with cedar-policy, one policy a role"),
    ("regorus", "axum with regorus, compiled, flattened, holders on the resource"),
    ("regorus-walked", "axum with regorus, compiled, which walks from the user's roles to the granted ones"),
    ("casbin-cheap-first", "axum with casbin, cheap tests first"),
];

/// Those whose rates are compared with ours, and what they are called there.
const BESIDE: [(&str, &str); 4] = [
    ("cedar-tuned", "cedar-policy, role sets"),
    ("cedar-naive", "cedar-policy, a policy a role"),
    ("regorus", "regorus, flattened"),
    ("regorus-walked", "regorus, which walks"),
];

/// What a contender did in a world, by rounds.
#[derive(Clone, Default)]
struct Row {
    single: Vec<Measured>,
    batch: Vec<Measured>,
    /// Processor time of an evaluation ÷ that of the handler that decides nothing, right before and after.
    beside_bare: Vec<f64>,
    mebibytes: u64,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.single.is_empty()
    }

    fn p99(&self) -> f64 {
        self.single.iter().map(|one| one.p99).fold(0.0, f64::max)
    }
}

/// The middle of what rounds gave.
fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rate(turns: &[Measured]) -> f64 {
    median(turns.iter().map(|turn| turn.rate))
}

fn processor(turns: &[Measured]) -> f64 {
    median(turns.iter().map(|turn| turn.processor))
}

/// Measures, and writes its part of the documentation.
pub fn run(options: &[&str]) {
    let world = options.iter().position(|word| *word == "--world").and_then(|at| options.get(at + 1)).copied();
    let mut text = preface();
    for name in ["1k", "100k"].into_iter().filter(|name| world.is_none_or(|world| world == *name)) {
        let size = SIZES.into_iter().find(|size| size.name == name).expect("a world");
        let world = World::new(size);
        // The same questions for everybody; each answer is compared.
        let questions = world.questions(4_096, 1_024, 7);
        text.push_str(&table(name, &measured(&world, &questions)));
    }
    if options.contains(&"--dry") {
        println!("{text}");
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks.md");
    crate::report::replace(&file, BEGIN, END, &text).expect("docs/benchmarks.md");
    eprintln!("docs/benchmarks.md is written");
}

fn preface() -> String {
    let (machine, cores, load) = machine();
    format!(
        "\n## Decisions over HTTP\n\nEvaluations as OpenID AuthZEN says, over {} connections that stay open, on {machine}, {cores} \
         processors that clients and\nservers share, load average {load} at the beginning. Servers take turns of {} s, {ROUNDS} rounds; \
         medians are told, and the worst p99.\nProcessor time is that of the server's process; `÷ bare` compares it with that of the \
         handler that decides nothing, asked right before\nand after in the same round, for these machines are at times half as fast \
         as at others. All answers were compared with those of\na slow walk. 1,024 users are asked about and nothing is committed \
         meanwhile, so that what they hold is in memory. `cd bench && cargo run --release -- http` measures it again and rewrites this part.\n",
        load::CONNECTIONS,
        TURN.as_secs(),
    )
}

fn measured(world: &World, questions: &[Question]) -> Vec<(&'static str, &'static str, Row)> {
    let mut rows: Vec<_> = CONTENDERS.iter().map(|(name, told)| (*name, *told, Row::default())).collect();
    let servers: Vec<Option<Served>> = CONTENDERS
        .iter()
        .map(|(name, _)| {
            eprintln!("  {name} starts");
            if *name == "sclera" { Some(product::start(world)) } else { peers::start(world.size.name, name) }
        })
        .collect();
    let bare = servers[0].as_ref().expect("the handler that decides nothing");
    for round in 0..ROUNDS {
        for ((name, _, row), served) in rows.iter_mut().zip(&servers) {
            let Some(served) = served else { continue };
            let decides = *name != "bare";
            let alone = || load::run(bare, questions, 1, false, TURN / 2).processor;
            let before = alone();
            let single = load::run(served, questions, 1, decides, TURN);
            row.beside_bare.push(single.processor * 2.0 / (before + alone()));
            eprintln!("  {round} {name}: {:.0}/s, {:.1} µs", single.rate, single.processor * 1e6);
            row.single.push(single);
            row.batch.push(load::run(served, questions, BATCH, decides, TURN));
            row.mebibytes = bytes_of(served.child.id()) >> 20;
        }
    }
    rows
}

fn table(world: &str, rows: &[(&str, &str, Row)]) -> String {
    let of = |name: &str| rows.iter().find(|(one, ..)| *one == name).map(|(_, _, row)| row.clone()).unwrap_or_default();
    let mut text = format!(
        "\nIn the world {world}:\n\n| | evaluations/s | processor, µs each | ÷ bare | p99, ms | decisions/s in batches of \
         {BATCH} | processor, µs a decision | memory, MiB |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for (_, told, row) in rows {
        if row.is_empty() {
            writeln!(text, "| {told} | too slow to be measured | | | | | | |").expect("memory");
            continue;
        }
        writeln!(
            text,
            "| {told} | {:.0} | {:.1} | {:.2} | {:.2} | {:.0} | {:.2} | {} |",
            rate(&row.single),
            processor(&row.single) * 1e6,
            median(row.beside_bare.iter().copied()),
            row.p99() * 1e3,
            rate(&row.batch),
            processor(&row.batch) * 1e6,
            row.mebibytes,
        )
        .expect("memory");
    }
    text.push_str(&beside(&of));
    text
}

/// How many times as much is answered in a second as by servers that wrap other engines, and how many times as much by one
/// that decides nothing.
fn beside(of: &impl Fn(&str) -> Row) -> String {
    let mut text = "\nEvaluations a second, and decisions in batches, beside other engines' servers. The last two columns are those of \
                    the handler that decides\nnothing: clients take their part of the processors, so that no server can have many times \
                    more than that. A tenth between two rows is noise.\n\n| | Sclera ÷ | in batches | without deciding ÷ | in batches |\n\
                    |---|---:|---:|---:|---:|\n"
        .to_owned();
    let (sclera, bare) = (of("sclera"), of("bare"));
    for (name, told) in BESIDE {
        let other = of(name);
        if other.is_empty() {
            continue;
        }
        let times = |row: &Row| (rate(&row.single) / rate(&other.single), rate(&row.batch) / rate(&other.batch));
        let ((single, batch), (most, most_batch)) = (times(&sclera), times(&bare));
        writeln!(text, "| {told} | {single:.1} × | {batch:.1} × | {most:.1} × | {most_batch:.1} × |").expect("memory");
    }
    text
}

/// An evaluation as the standard says.
fn evaluation(question: &Question) -> String {
    let (user, resource, action) = (&question.user, &question.resource, PERMISSIONS[question.permission]);
    format!(
        r#"{{"subject":{{"type":"user","id":"{user}"}},"action":{{"name":"{action}"}},"resource":{{"type":"resource","id":"{resource}"}}}}"#
    )
}

fn processor_seconds(served: &Served) -> f64 {
    seconds_of(served.child.id())
}
