//! What can be asked for, below the root of the subtree. `packaging/snmp/SCLERA-MIB.txt` says it to others.

use crate::codec::{Oid, Range, Value};
use sclera_engine::metrics::Counted;
use sclera_store::measure::Measured;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

/// Everything that can be asked for, as it is at one moment.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<Oid, Value>);

impl Tree {
    pub(crate) fn of(root: &Oid, counted: &Counted) -> Self {
        let mut tree = Self::default();
        let scalars = [
            Value::Counter(counted.revision),
            gauge(counted.users),
            gauge(counted.roles),
            gauge(counted.resources),
            gauge(counted.services_known),
            gauge(counted.applications),
            gauge(counted.sessions),
            Value::Counter(counted.not_evaluated),
            gauge(counted.pending),
            Value::Counter(counted.events_written),
            Value::Counter(counted.events_lost),
            Value::Counter(counted.answers_permitted),
            Value::Counter(counted.answers_denied),
            Value::Counter(counted.answers_told),
            Value::Counter(counted.answers_at_hand),
        ];
        for (column, value) in (1..).zip(scalars) {
            tree.put(root, &[1, column, 0], value);
        }
        for service in &counted.services {
            let cells = [
                Value::Text(service.name.clone()),
                Value::Integer(if service.is_on { 1 } else { 2 }),
                Value::Counter(service.admitted),
                Value::Counter(service.refused),
            ];
            tree.row(root, 2, service.number, cells);
        }
        for (index, gate) in (1..).zip(&counted.gates) {
            let cells = [
                Value::Text(gate.service.clone()),
                Value::Text(gate.kind.to_owned()),
                Value::Text(gate.address.clone()),
                Value::Text(gate.state.to_owned()),
                gauge(gate.open),
                Value::Counter(gate.taken),
                Value::Counter(gate.failed),
                Value::Counter(gate.bytes_in),
                Value::Counter(gate.bytes_out),
            ];
            tree.row(root, 3, index, cells);
        }
        for (index, store) in (1..).zip(&counted.stores) {
            let Measured { commits, waits, files, .. } = &store.measured;
            let cells = [
                Value::Text(store.name.to_owned()),
                Value::Counter(commits.count()),
                Value::Counter(micros(commits.total)),
                Value::Counter(waits.count()),
                Value::Counter(micros(waits.total)),
                Value::Counter(store.measured.failed()),
                gauge(files.database.div_ceil(KIBI)),
                gauge(files.log.div_ceil(KIBI)),
            ];
            tree.row(root, 4, index, cells);
        }
        tree
    }

    /// A row of a table: its cells are the columns from the second on, for the first is its index.
    fn row<const N: usize>(&mut self, root: &Oid, table: u32, index: u32, cells: [Value; N]) {
        for (column, value) in (2..).zip(cells) {
            self.put(root, &[table, 1, column, index], value);
        }
    }

    fn put(&mut self, root: &Oid, below: &[u32], value: Value) {
        self.0.insert(root.with(below), value);
    }

    /// What is at a name.
    pub(crate) fn get(&self, range: &Range) -> (Oid, Value) {
        let value = self.0.get(&range.start).cloned().unwrap_or(Value::NoObject);
        (range.start.clone(), value)
    }

    /// What comes next.
    pub(crate) fn next(&self, range: &Range) -> (Oid, Value) {
        let from = if range.include {
            Bound::Included(range.start.clone())
        } else {
            Bound::Excluded(range.start.clone())
        };
        let found = self.0.range((from, Bound::Unbounded)).next();
        match found.filter(|(name, _)| range.end.0.is_empty() || **name < range.end) {
            Some((name, value)) => (name.clone(), value.clone()),
            None => (range.start.clone(), Value::End),
        }
    }
}

/// A gauge of bytes would be too small.
const KIBI: u64 = 1_024;

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn gauge(number: u64) -> Value {
    Value::Gauge(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sclera_engine::metrics::{CountedGate, CountedService, CountedStore};
    use sclera_store::measure::{Files, Times};

    fn tree() -> (Oid, Tree) {
        let root: Oid = "1.3.6.1.4.1.8072.9999.9999.53".parse().unwrap();
        let counted = Counted {
            revision: 1 << 40,
            users: 1 << 40,
            services: vec![CountedService {
                number: 9,
                name: "%Service_ECP".to_owned(),
                is_on: true,
                admitted: 3,
                refused: 4,
            }],
            gates: vec![CountedGate {
                service: "%Service_ECP".to_owned(),
                kind: "tcp",
                state: "open",
                open: 2,
                ..CountedGate::default()
            }],
            answers_permitted: 5,
            answers_at_hand: 6,
            stores: vec![CountedStore {
                name: "activity",
                measured: Measured {
                    commits: Times { classes: [7; 12], total: Duration::from_nanos(8_999) },
                    failures: [1, 0, 2, 0, 0, 0],
                    files: Files { database: 8_193, log: 0 },
                    ..Measured::default()
                },
            }],
            ..Counted::default()
        };
        let tree = Tree::of(&root, &counted);
        (root, tree)
    }

    fn range(start: Oid, include: bool, end: Oid) -> Range {
        Range { start, include, end }
    }

    #[test]
    fn values_are_found_by_their_names() {
        let (root, tree) = tree();
        let get = |below: &[u32]| tree.get(&range(root.with(below), false, Oid::default())).1;
        assert_eq!(get(&[1, 1, 0]), Value::Counter(1 << 40));
        assert_eq!(get(&[1, 2, 0]), Value::Gauge(u32::MAX), "no gauge is larger");
        assert_eq!(get(&[2, 1, 2, 9]), Value::Text("%Service_ECP".to_owned()));
        assert_eq!((get(&[2, 1, 3, 9]), get(&[2, 1, 5, 9])), (Value::Integer(1), Value::Counter(4)));
        assert_eq!(
            (get(&[3, 1, 5, 1]), get(&[3, 1, 6, 1])),
            (Value::Text("open".to_owned()), Value::Gauge(2))
        );
        assert_eq!((get(&[1, 12, 0]), get(&[1, 15, 0])), (Value::Counter(5), Value::Counter(6)));
        assert_eq!(get(&[4, 1, 2, 1]), Value::Text("activity".to_owned()));
        assert_eq!((get(&[4, 1, 3, 1]), get(&[4, 1, 4, 1])), (Value::Counter(84), Value::Counter(8)));
        assert_eq!((get(&[4, 1, 7, 1]), get(&[4, 1, 8, 1])), (Value::Counter(3), Value::Gauge(9)));
        assert_eq!((get(&[1, 1]), get(&[9])), (Value::NoObject, Value::NoObject));
    }

    #[test]
    fn a_walk_comes_by_everything_once_and_to_an_end() {
        let (root, tree) = tree();
        let mut at = range(root.clone(), true, root.with(&[5]));
        let mut seen = Vec::new();
        while let (name, value) = tree.next(&at)
            && value != Value::End
        {
            assert!(seen.last().is_none_or(|last| *last < name));
            seen.push(name.clone());
            at = range(name, false, root.with(&[5]));
        }
        assert_eq!(seen.len(), 15 + 4 + 9 + 8);
        let inside = range(root.with(&[1, 2, 0]), true, root.with(&[1, 2, 1]));
        assert_eq!(tree.next(&inside).0, inside.start);
        assert_eq!(
            tree.next(&Range { include: false, ..inside }).1,
            Value::End,
            "up to the end of the range"
        );
    }
}
