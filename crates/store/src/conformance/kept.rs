//! What is kept for a while comes back as it was, each kind by itself, and goes when it may.

use super::Stores;
use crate::kept::{Keeping, Kept};
use crate::port::{Activity, ActivityRead, ActivityWrite, LogWrite};
use sclera_core::time::Timestamp;

pub(super) fn all<A: Activity>(stores: &Stores<'_, A>) {
    what_is_kept_comes_back(stores);
    it_is_listed_in_the_order_of_ids(stores);
    it_goes_when_it_may(stores);
}

fn kept(keeping: Keeping, id: u8, until: Option<i64>) -> Kept {
    Kept {
        keeping,
        id: [id; 16],
        until: until.map(Timestamp::from_micros),
        text: format!("{{\"\u{e9}\":{id}}}"),
        seal: [id ^ 0xa5; 32],
    }
}

fn commit<A: Activity>(store: &A, work: impl FnOnce(&mut A::Writing<'_>)) {
    let mut writing = store.write().unwrap();
    work(&mut writing);
    writing.commit().unwrap();
}

fn what_is_kept_comes_back<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.fresh();
    let (session, key) = (kept(Keeping::Session, 7, Some(-1)), kept(Keeping::SigningKey, 7, None));
    commit(&store, |writing| {
        writing.keep(&session).unwrap();
        writing.keep(&key).unwrap();
        assert_eq!(writing.kept(Keeping::Session, &[7; 16]).unwrap(), Some(session.clone()));
    });
    let store = stores.again(store);
    let find = |store: &A, keeping| store.read().unwrap().kept(keeping, &[7; 16]).unwrap();
    assert_eq!(find(&store, Keeping::Session), Some(session.clone()));
    assert_eq!(find(&store, Keeping::SigningKey), Some(key));
    assert_eq!(find(&store, Keeping::Machine), None);
    let later = Kept { text: "{}".to_owned(), until: None, ..session };
    commit(&store, |writing| writing.keep(&later).unwrap());
    assert_eq!(find(&stores.again(store), Keeping::Session), Some(later));
}

fn it_is_listed_in_the_order_of_ids<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.fresh();
    commit(&store, |writing| {
        for id in [9, 0, 255, 3] {
            writing.keep(&kept(Keeping::Machine, id, None)).unwrap();
        }
        writing.keep(&kept(Keeping::Session, 4, None)).unwrap();
    });
    let ids = |after: Option<u8>| -> Vec<u8> {
        let after = after.map(|id| [id; 16]);
        let found = store.read().unwrap().kept_after(Keeping::Machine, after.as_ref()).unwrap();
        found.iter().map(|kept| kept.id[0]).collect()
    };
    assert_eq!(ids(None), [0, 3, 9, 255]);
    assert_eq!(ids(Some(3)), [9, 255]);
    assert_eq!(ids(Some(255)), [0; 0]);
}

fn it_goes_when_it_may<A: Activity>(stores: &Stores<'_, A>) {
    let store = stores.fresh();
    commit(&store, |writing| {
        for (id, until) in [(1, Some(10)), (2, Some(11)), (3, None), (4, None)] {
            writing.keep(&kept(Keeping::Session, id, until)).unwrap();
        }
        writing.drop_kept_until(Timestamp::from_micros(10)).unwrap();
        assert!(writing.drop_kept(Keeping::Session, &[4; 16]).unwrap());
        assert!(!writing.drop_kept(Keeping::Session, &[4; 16]).unwrap(), "it is gone already");
        assert!(!writing.drop_kept(Keeping::Machine, &[3; 16]).unwrap(), "of another kind");
    });
    let store = stores.again(store);
    let left = store.read().unwrap().kept_after(Keeping::Session, None).unwrap();
    assert_eq!(left.iter().map(|kept| kept.id[0]).collect::<Vec<_>>(), [2, 3]);
}
