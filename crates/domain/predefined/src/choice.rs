//! The three choices that decide what an instance starts with.

use core::fmt;
use core::str::FromStr;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of_variant:meta])* $variant:ident = $word:literal),+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            $($(#[$of_variant])* $variant),+
        }

        impl $name {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let found = Self::ALL.iter().copied().find(|known| known.word() == text);
                found.ok_or(UnknownWord { known: &[$($word),+] })
            }
        }
    )+};
}

choices! {
    /// The product that the instance stands for.
    Product {
        /// IRIS, with interoperability.
        #[default]
        Iris = "iris",
        /// Cache, its forerunner.
        Cache = "cache"
    }
    /// How much is open at the start; administrators may change all of it later.
    Level {
        /// Nobody has to log in. For trying things out.
        Minimal = "minimal",
        /// Everybody has to log in.
        #[default]
        Normal = "normal",
        /// Services are off, or open only to those who are given them.
        LockedDown = "locked-down"
    }
    /// Whose advice the settings follow.
    Profile {
        /// Current guidance on authentication; see `data/system.toml`.
        #[default]
        Strict = "strict",
        /// The values of the product.
        Compatible = "compatible"
    }
}

/// What an instance starts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Choice {
    /// The product.
    pub product: Product,
    /// The installation level.
    pub level: Level,
    /// The profile.
    pub profile: Profile,
}

/// A word that names none of the choices there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord {
    /// The words there are.
    pub known: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is one of {}", self.known.join(", "))
    }
}

impl core::error::Error for UnknownWord {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_choices_match_both_ways() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(*level));
        }
        assert_eq!("locked-down".parse(), Ok(Level::LockedDown));
        assert_eq!("compatible".parse(), Ok(Profile::Compatible));
        let refused = "Iris".parse::<Product>().unwrap_err();
        assert_eq!(refused.to_string(), "it is one of iris, cache");
    }
}
