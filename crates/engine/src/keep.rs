//! What is kept for a while, as the engine reads it: only what its own seal vouches for.

use crate::engine::Engine;
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{Activity, ActivityRead, Store, Stored};
use sclera_store::verify::Report;

impl<S: Store, A: Activity> Engine<S, A> {
    /// What is kept under an id. What somebody else wrote there is as good as nothing; [`Engine::audit_verify`] tells of it.
    pub(crate) fn kept_under(&self, keeping: Keeping, id: &[u8; 16]) -> Stored<Option<Kept>> {
        let kept = self.activity.read()?.kept(keeping, id)?;
        Ok(kept.filter(|kept| kept.is_genuine(&self.key)))
    }

    /// All that is kept of a kind, in the order of ids.
    pub(crate) fn all_kept(&self, keeping: Keeping) -> Stored<Vec<Kept>> {
        let mut all = Vec::new();
        self.each_kept(keeping, |kept| all.extend(Some(kept).filter(|kept| kept.is_genuine(&self.key))))?;
        Ok(all)
    }

    /// Looks at the seal of all that is kept.
    pub(crate) fn verify_kept(&self, report: &mut Report) -> Stored<()> {
        for keeping in Keeping::ALL {
            let looked = self.each_kept(keeping, |kept| {
                if !kept.is_genuine(&self.key) {
                    let place = format!("{} {}", keeping.word(), crate::signing::hex(&kept.id));
                    report.find(place, "this instance did not write it so; it counts for nothing");
                }
            });
            report.read(keeping.word(), looked)?;
        }
        Ok(())
    }

    fn each_kept(&self, keeping: Keeping, mut look: impl FnMut(Kept)) -> Stored<()> {
        let reading = self.activity.read()?;
        let mut last = None;
        loop {
            let page = reading.kept_after(keeping, last.as_ref())?;
            let Some(end) = page.last() else { return Ok(()) };
            last = Some(end.id);
            page.into_iter().for_each(&mut look);
        }
    }
}
