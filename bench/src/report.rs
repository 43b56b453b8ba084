//! The tables and charts, between markers in `docs/benchmarks.md`, so that what others write there stays.

use crate::world::{SIZES, Size};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- kernel: begin; written by `cargo run --release` in `bench` -->";
const END: &str = "<!-- kernel: end -->";

/// How contenders are called in tables, in the order of rows.
const NAMES: [(&str, &str); 9] = [
    ("floor", "*bare bit test*"),
    ("sclera", "**Sclera**"),
    ("by-hand", "*walk over roles by hand, in hash maps*"),
    ("cedar-tuned", "cedar-policy 4.14.1, role sets on the resource, 3 policies"),
    ("cedar-naive", "cedar-policy 4.14.1, one policy a role"),
    ("regorus", "regorus 0.14.1, compiled, flattened, holders on the resource"),
    ("casbin", "casbin 2.20.0, model of its benchmarks"),
    ("casbin-cheap-first", "casbin 2.20.0, cheap tests first"),
    ("casbin-cached", "casbin 2.20.0, its cache of answers, filled"),
];

/// Those whom Sclera is measured against.
const PEERS: [&str; 6] =
    ["cedar-tuned", "cedar-naive", "regorus", "casbin", "casbin-cheap-first", "casbin-cached"];

/// What was measured, by world, contender and key.
#[derive(Default)]
pub struct Results(BTreeMap<(String, String, String), String>);

impl Results {
    pub fn put(&mut self, world: &str, contender: &str, key: &str, value: &str) {
        self.0.insert((world.to_owned(), contender.to_owned(), key.to_owned()), value.to_owned());
    }

    fn text(&self, world: &str, contender: &str, key: &str) -> Option<&str> {
        self.0.get(&(world.to_owned(), contender.to_owned(), key.to_owned())).map(String::as_str)
    }

    fn number(&self, world: &str, contender: &str, key: &str) -> Option<f64> {
        self.text(world, contender, key)?.parse().ok()
    }

    fn worlds(&self) -> Vec<Size> {
        SIZES.into_iter().filter(|size| self.text(size.name, "sclera", "by-name").is_some()).collect()
    }

    /// Everything that is written.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let worlds = self.worlds();
        text.push_str(&self.preface(&worlds));
        text.push_str("\n### (a) User name and resource name in, answer out\n\nNanoseconds a check; the user is warm.\n\n");
        text.push_str(&self.checks(&worlds, "by-name"));
        text.push_str("\n![checks by name](benchmarks/by-name.svg)\n");
        text.push_str("\n### (b) A session's check in the best prepared form\n\nNanoseconds a check; one session, 64 prepared questions.\n\n");
        text.push_str(&self.checks(&worlds, "prepared"));
        text.push_str("\n![prepared checks](benchmarks/prepared.svg)\n");
        text.push_str("\n### A user of whom nothing is kept\n\nNanoseconds; Sclera makes the session and asks it once. The others keep no sessions, so theirs is the check of (a) on\nother users.\n\n");
        text.push_str(&self.checks(&worlds, "cold"));
        text.push_str("\n### Loading\n\nProcessor seconds, and by how much the resident memory grew (MiB). Both forms of cedar-policy share their entities,\nwhich are counted where they are loaded first. Memory that somebody freed before is used again and not counted: only the\nfirst rows say what is kept, and of the others that it is no less.\n\n");
        text.push_str(&self.loading(&worlds));
        text.push_str("\n### Several threads\n\nNanoseconds a check by name that each thread spends, over shared data.\n\n");
        text.push_str(&self.threads(&worlds));
        text.push_str("\n### Instructions\n\nOf one check in the world of 1,000 users, the loop included, counted by callgrind as the difference of two runs. By name means\nthat the user is found by name, and then the resource; of a session it takes 124 to 149 instructions to find the resource\nby name and decide, and 15 by prepared id (below).\n\n");
        text.push_str(&self.instructions());
        text.push_str("\n### Beside checks\n\n");
        text.push_str(&self.kernel(&worlds));
        text
    }

    fn preface(&self, worlds: &[Size]) -> String {
        let mut text = String::from("## The kernel beside other engines\n\n");
        let (machine, cores, load) = machine();
        writeln!(
            text,
            "Measured on {machine}, {cores} processors, load average {load} at the end; release build with thin LTO. \
             Times are\nprocessor times of the measuring thread; contenders take turns, and the best of five rounds \
             counts. Before anything\nis timed, answers are compared with those of a slow walk, as many as half a second allows; the number \
             compared stands with the loading.\n`cd bench && cargo run --release` measures it again and rewrites this \
             part.\n"
        )
        .expect("memory");
        text.push_str("| world | users | roles | resources | shape |\n|---|---|---|---|---|\n");
        for size in worlds {
            let shape = if size.casbin {
                "casbin's own: a role a user, a privilege a role"
            } else {
                "4 roles a user, three deep, 10 privileges a role; half of the questions granted, half any"
            };
            let (users, roles, resources) = (size.users, size.roles, size.resources);
            writeln!(text, "| {} | {users} | {roles} | {resources} | {shape} |", size.name).expect("memory");
        }
        text.push_str(
            "\nIn Sclera's rows the settings are a snapshot as the product compiles it, and a table by user name keeps the\n\
             privileges of the users that were asked about; casbin, cedar-policy and regorus keep everything in memory.\n\
             The walk by hand has no engine around it: no names without regard to case, no public permissions, no `%All`.\n",
        );
        text
    }

    fn head(worlds: &[Size]) -> String {
        let names: Vec<&str> = worlds.iter().map(|size| size.name).collect();
        format!("| | {} |\n|---|{}\n", names.join(" | "), "---:|".repeat(worlds.len()))
    }

    fn checks(&self, worlds: &[Size], key: &str) -> String {
        let mut text = Self::head(worlds);
        for (contender, shown) in NAMES {
            let cells: Vec<String> = worlds.iter().map(|size| self.cell(size.name, contender, key)).collect();
            if cells.iter().any(|cell| cell != "–") {
                writeln!(text, "| {shown} | {} |", cells.join(" | ")).expect("memory");
            }
        }
        let ratios: Vec<String> = worlds.iter().map(|size| self.ratio(size.name, key)).collect();
        writeln!(text, "| **best other engine ÷ Sclera** | {} |", ratios.join(" | ")).expect("memory");
        text
    }

    fn cell(&self, world: &str, contender: &str, key: &str) -> String {
        match (self.number(world, contender, key), self.text(world, contender, "stopped")) {
            (Some(number), _) => thousands(number),
            (None, Some(why)) => format!("stopped {why}"),
            (None, None) => "–".to_owned(),
        }
    }

    fn ratio(&self, world: &str, key: &str) -> String {
        let peers = PEERS.iter().filter_map(|peer| self.number(world, peer, key));
        let best = peers.fold(f64::INFINITY, f64::min);
        match self.number(world, "sclera", key) {
            Some(own) if best.is_finite() => format!("**{} ×**", thousands(best / own)),
            _ => "–".to_owned(),
        }
    }

    fn loading(&self, worlds: &[Size]) -> String {
        let mut text = Self::head(worlds);
        for (contender, shown) in NAMES.iter().filter(|(name, _)| *name != "floor") {
            let cell = |size: &Size| {
                let number = |key| self.number(size.name, contender, key);
                match (
                    number("load-seconds"),
                    number("load-bytes"),
                    self.text(size.name, contender, "stopped"),
                ) {
                    (_, _, Some(why)) => format!("stopped {why}"),
                    (Some(seconds), Some(bytes), None) => {
                        let compared = number("compared").unwrap_or_default();
                        format!("{seconds:.2} s, ≥ {:.0} MiB, {compared} compared", bytes / 1_048_576.0)
                    }
                    _ => "–".to_owned(),
                }
            };
            let cells: Vec<String> = worlds.iter().map(cell).collect();
            writeln!(text, "| {shown} | {} |", cells.join(" | ")).expect("memory");
        }
        text
    }

    fn threads(&self, worlds: &[Size]) -> String {
        let mut text = Self::head(worlds);
        for (contender, shown) in NAMES {
            for number in [1, 2, 4] {
                let key = format!("threads-{number}");
                let cells: Vec<String> =
                    worlds.iter().map(|size| self.cell(size.name, contender, &key)).collect();
                if worlds.iter().any(|size| self.number(size.name, contender, &key).is_some()) {
                    writeln!(text, "| {shown}, threads: {number} | {} |", cells.join(" | ")).expect("memory");
                }
            }
        }
        text
    }

    fn instructions(&self) -> String {
        let mut text = String::from("| | by name | prepared |\n|---|---:|---:|\n");
        for (contender, shown) in NAMES {
            let cell = |form: &str| self.cell("1k", contender, &format!("instructions-{form}"));
            let (by_name, prepared) = (cell("by-name"), cell("prepared"));
            if by_name != "–" || prepared != "–" {
                writeln!(text, "| {shown} | {by_name} | {prepared} |").expect("memory");
            }
        }
        text
    }

    fn kernel(&self, worlds: &[Size]) -> String {
        let worlds: Vec<Size> = worlds.iter().copied().filter(|size| !size.casbin).collect();
        let mut text = Self::head(&worlds);
        for (key, shown) in [
            ("compile-ms", "compile all settings, ms"),
            ("patch-ms", "patch a snapshot for a changed role, ms"),
            ("open-ms", "open a snapshot and prove its sums, ms"),
            ("session-4-us", "make a session of 4 roles, µs"),
            ("session-50-us", "make a session of 50 roles, µs"),
            ("image-bytes", "bytes of the snapshot"),
        ] {
            let cells: Vec<String> = worlds.iter().map(|size| self.cell(size.name, "kernel", key)).collect();
            writeln!(text, "| {shown} | {} |", cells.join(" | ")).expect("memory");
        }
        text
    }

    /// Replaces the part between the markers, or adds it at the end, and writes the charts beside.
    pub fn write(&self, docs: &Path) -> std::io::Result<()> {
        replace(&docs.join("benchmarks.md"), BEGIN, END, &format!("\n{}", self.markdown()))?;
        let charts = docs.join("benchmarks");
        std::fs::create_dir_all(&charts)?;
        std::fs::write(
            charts.join("by-name.svg"),
            self.chart("by-name", "User name and resource name in, answer out"),
        )?;
        std::fs::write(
            charts.join("prepared.svg"),
            self.chart("prepared", "A session's check in the best prepared form"),
        )
    }

    /// Bars on a logarithmic scale from 1 ns to 1 s.
    fn chart(&self, key: &str, title: &str) -> String {
        const LEFT: f64 = 170.0;
        const WIDTH: f64 = 620.0;
        const ROW: f64 = 18.0;
        let place = |nanoseconds: f64| LEFT + WIDTH * nanoseconds.max(1.0).log10().min(9.0) / 9.0;
        let mut bars = String::new();
        let mut top = 62.0;
        for size in self.worlds() {
            writeln!(bars, "<text x=\"8\" y=\"{top}\" font-weight=\"bold\">{}</text>", size.name)
                .expect("memory");
            for (contender, _) in NAMES {
                let Some(number) = self.number(size.name, contender, key) else { continue };
                let colour = match contender {
                    "sclera" => "#1f6f5c",
                    "floor" | "by-hand" => "#b8b8b8",
                    _ => "#c98b2b",
                };
                top += ROW;
                let (width, shown) = (place(number) - LEFT, thousands(number));
                let (bar, label, text) = (top - 10.0, LEFT - 6.0, place(number) + 5.0);
                writeln!(
                    bars,
                    "<text x=\"{label}\" y=\"{top}\" text-anchor=\"end\">{contender}</text>\
                     <rect x=\"{LEFT}\" y=\"{bar}\" width=\"{:.1}\" height=\"12\" fill=\"{colour}\"/>\
                     <text x=\"{text:.1}\" y=\"{top}\">{shown} ns</text>",
                    width.max(1.0)
                )
                .expect("memory");
            }
            top += 30.0;
        }
        let mut lines = String::new();
        for (power, shown) in
            ["1 ns", "10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"]
                .iter()
                .enumerate()
        {
            let at = LEFT + WIDTH * power as f64 / 9.0;
            writeln!(
                lines,
                "<line x1=\"{at:.1}\" y1=\"46\" x2=\"{at:.1}\" y2=\"{top}\" stroke=\"#e2e2e2\"/>\
                 <text x=\"{at:.1}\" y=\"40\" text-anchor=\"middle\" fill=\"#666\">{shown}</text>"
            )
            .expect("memory");
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{top}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"8\" y=\"18\" font-size=\"14\">{title} (a shorter bar is faster; each line is ten times the one before)</text>\n\
             {lines}{bars}</svg>\n"
        )
    }
}

/// A number with as many digits as are worth reading.
fn thousands(number: f64) -> String {
    if number < 10.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The processor, how many there are, and how busy they were.
pub fn machine() -> (String, usize, String) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo").lines().find_map(|line| {
        line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (model.unwrap_or_else(|| "an unknown processor".to_owned()), cores, load)
}

/// Puts a text between two markers of a file, or both at its end.
pub fn replace(path: &Path, begin: &str, end: &str, text: &str) -> std::io::Result<()> {
    let before = std::fs::read_to_string(path).unwrap_or_else(|_| "# Benchmarks\n".to_owned());
    let part = format!("{begin}\n{text}\n{end}");
    let after = match (before.find(begin), before.find(end)) {
        (Some(start), Some(stop)) if start < stop => {
            format!("{}{part}{}", &before[..start], &before[stop + end.len()..])
        }
        _ => format!("{}\n\n{part}\n", before.trim_end()),
    };
    std::fs::write(path, after)
}
