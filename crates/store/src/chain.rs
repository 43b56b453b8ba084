//! The chain: each commit is one link.
//!
//! ```text
//! record ─┐
//! record ─┼─ Merkle root ─┐
//! record ─┘               ├─ HMAC(key, previous ‖ root ‖ count ‖ node ‖ sequence) ─► next link
//!            previous ────┘
//! ```
//!
//! Whoever can write the database but does not have the key can neither edit, delete nor reorder a record without
//! breaking a link. That the end was not cut off is told by the head, which is also kept in a second place. The Merkle
//! tree is that of RFC 9162 section 2.1.1, with SHA-256.

use hmac::{Hmac, KeyInit, Mac};
use sclera_core::hex::hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A SHA-256 digest, or an HMAC made with it.
pub type Hash = [u8; 32];

/// The key of the chain. It lives outside the store.
pub struct Key([u8; 32]);

impl Key {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The HMAC of some parts, each with its length before it; `purpose` keeps uses of the key apart.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hash {
        Digester::of(self, purpose).digest(parts)
    }

    /// A digest of some parts for a purpose, which only the holder of the key can make.
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Hash {
        self.digester(purpose).digest(parts)
    }

    /// What makes the digests of [`Key::digest`] for one purpose, and has done what is the same for all of them.
    pub fn digester(&self, purpose: &str) -> Digester {
        Digester::of(self, &format!("sclera digest {purpose} 1"))
    }

    /// What the journal says of a secret: a digest that tells whether two secrets are equal and nothing else.
    pub fn conceal(&self, secret: &[u8]) -> String {
        let digest = self.mac("sclera secret 1", &[secret]);
        format!("digest:{}", hex(digest.get(..8).unwrap_or_default()))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Makes digests for one purpose. It is as secret as the key that it is of.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

impl Digester {
    fn of(key: &Key, purpose: &str) -> Self {
        // A key that is shorter than a block is used as one with zeros behind it (RFC 2104).
        let mut block = Zeroizing::new([0; 64]);
        let filled = key.0.iter().chain(core::iter::repeat(&0));
        block.iter_mut().zip(filled).for_each(|(byte, key)| *byte = *key);
        Self(with_part(Hmac::new((&*block).into()), purpose.as_bytes()))
    }

    /// The digest of some parts, each with its length before it.
    pub fn digest(&self, parts: &[&[u8]]) -> Hash {
        parts.iter().fold(self.0.clone(), |mac, part| with_part(mac, part)).finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester(..)")
    }
}

fn with_part(mut mac: Hmac<Sha256>, part: &[u8]) -> Hmac<Sha256> {
    mac.update(&(part.len() as u64).to_be_bytes());
    mac.update(part);
    mac
}

/// The end of a chain: how many links it has and the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the last link; 0 where there is none.
    pub sequence: u64,
    /// Its HMAC; zero where there is none.
    pub mac: Hash,
}

/// One commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its number; the first is 1.
    pub sequence: u64,
    /// The node that made it.
    pub node: u32,
    /// How many records it holds.
    pub count: u64,
    /// The root of the Merkle tree over its records.
    pub root: Hash,
    /// The HMAC that binds all this to the link before it.
    pub mac: Hash,
}

impl Link {
    /// The link that follows a head.
    pub fn after(head: &Head, key: &Key, node: u32, tree: Tree) -> Self {
        let (root, count) = tree.finish();
        let sequence = head.sequence + 1;
        Self { sequence, node, count, root, mac: mac_of(&head.mac, key, sequence, node, count, &root) }
    }

    /// Tells whether this link follows a head; only the holder of the key can make one that does.
    pub fn follows(&self, head: &Head, key: &Key) -> bool {
        let expected = mac_of(&head.mac, key, self.sequence, self.node, self.count, &self.root);
        self.sequence == head.sequence + 1 && bool::from(expected.ct_eq(&self.mac))
    }

    /// Tells whether this link follows a head, be it with numbers left out between: the first link after a restore has a
    /// higher number than the chain that stood there, so that a revision never names two states. The number is bound by
    /// the HMAC, and so is the link before, so nobody else can leave links out.
    pub fn continues(&self, head: &Head, key: &Key) -> bool {
        let before = Head { sequence: self.sequence.saturating_sub(1), mac: head.mac };
        self.sequence > head.sequence && self.follows(&before, key)
    }

    /// The head of a chain that ends with this link.
    pub const fn head(&self) -> Head {
        Head { sequence: self.sequence, mac: self.mac }
    }
}

fn mac_of(previous: &Hash, key: &Key, sequence: u64, node: u32, count: u64, root: &Hash) -> Hash {
    key.mac(
        "sclera link 1",
        &[previous, root, &count.to_be_bytes(), &node.to_be_bytes(), &sequence.to_be_bytes()],
    )
}

/// A Merkle tree that grows record by record and keeps only its right edge.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Roots of complete subtrees, the largest first, with how many records each covers.
    edge: Vec<(u64, Hash)>,
    count: u64,
}

impl Tree {
    /// Adds a record.
    pub fn push(&mut self, record: &[u8]) {
        self.push_leaf(leaf(record));
    }

    /// Adds the leaf of a record that is no longer here.
    pub fn push_leaf(&mut self, leaf: Hash) {
        let mut subtree = (1, leaf);
        while let Some((size, left)) = self.edge.pop_if(|(size, _)| *size == subtree.0) {
            subtree = (size * 2, digest(&[&[1], &left, &subtree.1]));
        }
        self.edge.push(subtree);
        self.count += 1;
    }

    /// The root and the number of records.
    pub fn finish(self) -> (Hash, u64) {
        let joined = self
            .edge
            .into_iter()
            .rev()
            .map(|(_, hash)| hash)
            .reduce(|right, left| digest(&[&[1], &left, &right]));
        (joined.unwrap_or_else(|| digest(&[])), self.count)
    }
}

/// The leaf of a record in the tree.
pub fn leaf(record: &[u8]) -> Hash {
    digest(&[&[0], record])
}

/// SHA-256 over the parts as they follow each other.
pub(crate) fn digest(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(records: &[&[u8]]) -> Hash {
        let mut tree = Tree::default();
        for record in records {
            tree.push(record);
        }
        tree.finish().0
    }

    /// The definition of RFC 9162 section 2.1.1, word for word.
    fn by_definition(records: &[&[u8]]) -> Hash {
        match records {
            [] => digest(&[]),
            [one] => digest(&[&[0], one]),
            many => {
                let half = many.len().next_power_of_two() / 2;
                let (left, right) = many.split_at(half);
                digest(&[&[1], &by_definition(left), &by_definition(right)])
            }
        }
    }

    #[test]
    fn the_tree_is_that_of_rfc_9162() {
        let records: Vec<Vec<u8>> = (0..40u8).map(|n| vec![n; usize::from(n)]).collect();
        for length in 0..records.len() {
            let records: Vec<&[u8]> = records[..length].iter().map(Vec::as_slice).collect();
            assert_eq!(root(&records), by_definition(&records), "{length} records");
        }
    }

    #[test]
    fn a_link_follows_one_head_with_one_key() {
        let (key, other) = (Key::new([7; 32]), Key::new([8; 32]));
        let mut tree = Tree::default();
        tree.push(b"record");
        let link = Link::after(&Head::default(), &key, 1, tree);
        assert!(link.follows(&Head::default(), &key));
        assert!(!link.follows(&Head::default(), &other));
        assert!(!link.follows(&link.head(), &key));
        let mut tree = Tree::default();
        tree.push(b"mark");
        let later = Link::after(&Head { sequence: 35, mac: link.mac }, &key, 1, tree);
        assert!(later.continues(&link.head(), &key) && link.continues(&Head::default(), &key));
        assert!(!later.follows(&link.head(), &key), "it does not come right after");
        assert!(!later.continues(&Head::default(), &key) && !later.continues(&later.head(), &key));
        assert!(!Link { sequence: 40, ..later }.continues(&link.head(), &key));
        for wrong in [
            Link { node: 2, ..link },
            Link { count: 2, ..link },
            Link { root: [0; 32], ..link },
            Link { sequence: 2, ..link },
        ] {
            assert!(!wrong.follows(&Head::default(), &key));
        }
    }

    #[test]
    fn a_secret_shows_as_a_keyed_digest() {
        let key = Key::new([7; 32]);
        assert_eq!(key.conceal(b"a"), key.conceal(b"a"));
        assert_ne!(key.conceal(b"a"), key.conceal(b"b"));
        assert_ne!(key.conceal(b"a"), Key::new([8; 32]).conceal(b"a"));
        assert_eq!(key.conceal(b"a").len(), "digest:".len() + 16);
    }
}
