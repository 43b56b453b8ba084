//! Productions: broad and narrow resources, and the resource that forbids (`authorization.md` section 21).

use crate::decision::Decision;
use crate::name::same;
use crate::permission::Permissions;
use crate::policy::{Closure, Policy};
use alloc::format;

/// Narrow resources and the broad one whose holders need none of them (ENS-2).
const BROAD: [(&str, &[&str]); 2] = [
    ("%Ens_Code", &["%Ens_BPL", "%Ens_DTL", "%Ens_RecordMap"]),
    ("%Ens_Rules", &["%Ens_BusinessRules", "%Ens_RoutingRules"]),
];

/// The broad resource that stands behind a narrow one.
pub fn broad_resource(narrow: &str) -> Option<&'static str> {
    let behind = BROAD.iter().find(|(_, narrows)| narrows.iter().any(|known| same(known, narrow)));
    behind.map(|(broad, _)| *broad)
}

/// Tells whether a production page may be used: the resource itself or the broad one behind it, the same permission
/// (ENS-2, Q25).
pub fn granted(policy: &Policy, roles: &Closure, resource: &str, wanted: Permissions) -> Decision {
    let broad =
        || broad_resource(resource).map_or(Decision::Denied, |broad| policy.granted(roles, broad, wanted));
    match policy.granted(roles, resource, wanted) {
        Decision::Granted => Decision::Granted,
        Decision::Denied => broad(),
    }
}

/// Tells whether a system default setting may be changed in the Portal: holding Use on the restricting resource,
/// explicitly, forbids it, but for settings whose own resource is held (ENS-4, Q14).
pub fn may_change_default(policy: &Policy, roles: &Closure, setting: &str) -> Decision {
    let holds = |resource: &str| policy.explicit(roles, resource).holds(Permissions::USE);
    let restricted = holds("%Ens_RestrictedUI_SystemDefaultSettings");
    if !restricted || holds(&format!("%Ens_SystemDefaultSettings_{setting}")) {
        Decision::Granted
    } else {
        Decision::Denied
    }
}
