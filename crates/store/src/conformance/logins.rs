//! Login records, failures and spent codes: what was stored comes back, and nothing else changes.

use super::Stores;
use crate::port::{Activity, ActivityRead, ActivityWrite, LogWrite, ThrottleKey};
use sclera_core::id::UserId;
use sclera_core::login::{LoginRecord, Throttle};
use sclera_core::time::Timestamp;

pub(super) fn all<A: Activity>(stores: &Stores<'_, A>) {
    nothing_is_known_at_first(stores);
    records_come_back_as_they_were(stores);
    failures_of_a_source_come_and_go(stores);
    a_code_is_spent_once(stores);
    what_is_dropped_was_never_there(stores);
}

const ANN: UserId = UserId(7);
const BOB: UserId = UserId(u64::MAX >> 1);
const KEY: ThrottleKey = [3; 32];

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn commit<A: Activity>(store: &A, work: impl FnOnce(&mut A::Writing<'_>)) {
    let mut writing = store.write().unwrap();
    work(&mut writing);
    writing.commit().unwrap();
}

fn record() -> LoginRecord {
    LoginRecord {
        invalid_attempts: u32::MAX,
        invalid_at: Some(at(-1)),
        invalid_device: "10.0.0.1".to_owned(),
        invalid_service: "%Service_Login".to_owned(),
        invalid_status: "ERROR #952: Invalid password\n\u{e9}".to_owned(),
        invalid_sources: vec![0, 1, u64::MAX],
        login_at: Some(at(i64::MAX)),
        login_device: "|TRM|".to_owned(),
        login_service: "%Service_Terminal".to_owned(),
        enabled_at: Some(at(0)),
    }
}

fn nothing_is_known_at_first<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.again(stores.fresh());
    let reading = store.read().unwrap();
    assert_eq!(reading.login(ANN).unwrap(), LoginRecord::default());
    assert_eq!(reading.throttle(&KEY).unwrap(), Throttle::default());
}

fn records_come_back_as_they_were<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.fresh();
    commit(&store, |writing| writing.put_login(ANN, &record()).unwrap());
    let store = stores.again(store);
    assert_eq!(store.read().unwrap().login(ANN).unwrap(), record());
    assert_eq!(store.read().unwrap().login(BOB).unwrap(), LoginRecord::default(), "of somebody else");
    let later = LoginRecord { login_at: None, invalid_sources: Vec::new(), invalid_attempts: 1, ..record() };
    commit(&store, |writing| {
        writing.put_login(ANN, &later).unwrap();
        writing.put_login(BOB, &record()).unwrap();
        assert_eq!(writing.login(ANN).unwrap(), later, "a writer sees what it wrote");
    });
    let store = stores.again(store);
    assert_eq!(store.read().unwrap().login(ANN).unwrap(), later);
    assert_eq!(store.read().unwrap().login(BOB).unwrap(), record());
}

fn failures_of_a_source_come_and_go<A: Activity>(stores: &Stores<'_, A>) {
    let day = 86_400_000_000;
    let throttle =
        |failures, micros| Throttle { failures, failed_at: Timestamp::from_micros(micros), skipped: 9 };
    let store = stores.fresh();
    commit(&store, |writing| writing.put_throttle(&KEY, &throttle(3, day)).unwrap());
    let store = stores.again(store);
    assert_eq!(store.read().unwrap().throttle(&KEY).unwrap(), throttle(3, day));
    commit(&store, |writing| writing.put_throttle(&[4; 32], &throttle(1, day + 1)).unwrap());
    assert_eq!(store.read().unwrap().throttle(&KEY).unwrap(), throttle(3, day), "that of another stays");
    commit(&store, |writing| writing.put_throttle(&KEY, &throttle(4, day + 2)).unwrap());
    assert_eq!(store.read().unwrap().throttle(&KEY).unwrap(), throttle(4, day + 2));
    commit(&store, |writing| writing.drop_throttle(&KEY).unwrap());
    let store = stores.again(store);
    assert_eq!(store.read().unwrap().throttle(&KEY).unwrap(), Throttle::default());
    assert_eq!(store.read().unwrap().throttle(&[4; 32]).unwrap(), throttle(1, day + 1));
}

fn a_code_is_spent_once<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.fresh();
    let spend = |store: &A, user, step, oldest| {
        let mut fresh = false;
        commit(store, |writing| fresh = writing.spend(user, step, oldest).unwrap());
        fresh
    };
    assert!(spend(&store, ANN, 100, 98));
    let store = stores.again(store);
    assert!(!spend(&store, ANN, 100, 98), "the same step again");
    assert!(spend(&store, BOB, 100, 98), "of another user");
    assert!(spend(&store, ANN, 102, 100));
    assert!(!spend(&store, ANN, 100, 100) && !spend(&store, ANN, 102, 100));
}

fn what_is_dropped_was_never_there<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.fresh();
    let mut writing = store.write().unwrap();
    writing.put_login(ANN, &record()).unwrap();
    assert!(writing.spend(ANN, 1, 0).unwrap());
    drop(writing);
    assert_eq!(store.read().unwrap().login(ANN).unwrap(), LoginRecord::default());
    commit(&store, |writing| assert!(writing.spend(ANN, 1, 0).unwrap()));
}
