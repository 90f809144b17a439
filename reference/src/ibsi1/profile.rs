//! Profiles: which part of IBSI 1 an implementation claims.

use std::{fmt, str::FromStr};

use super::ReferenceValue;
use crate::Consensus;

/// A part of the IBSI 1 reference values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `ibsi1-core`: strong and very strong consensus.
    Core,
    /// `ibsi1-full`: every consensus.
    Full,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::Core, Self::Full];

    /// The name: `ibsi1-core` or `ibsi1-full`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Core => "ibsi1-core",
            Self::Full => "ibsi1-full",
        }
    }

    /// Whether values of this consensus belong to the profile.
    #[must_use]
    pub fn admits(self, consensus: Consensus) -> bool {
        match self {
            Self::Core => consensus >= Consensus::Strong,
            Self::Full => true,
        }
    }
}

impl ReferenceValue {
    /// Whether the row belongs to the profile, by the manual's consensus. A row for which the manual has no value
    /// belongs to none: there is nothing to hold an implementation to.
    #[must_use]
    pub fn is_in(&self, profile: Profile) -> bool {
        self.reading.value.is_some() && profile.admits(self.reading.consensus)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A text that names no profile of IBSI 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an IBSI 1 profile (ibsi1-core or ibsi1-full), found `{0}`")]
pub struct UnknownProfile(pub String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|p| p.slug() == text)
            .ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ibsi1::{Case, reference_values};

    #[test]
    fn have_the_rows_of_their_consensus() {
        let counts = Profile::ALL.map(|profile| {
            Case::ALL.map(|case| {
                reference_values()
                    .iter()
                    .filter(|r| r.case == case && r.is_in(profile))
                    .count()
            })
        });
        assert_eq!(
            counts,
            [
                [462, 325, 322, 199, 203, 165],
                [482, 346, 346, 209, 210, 210]
            ],
            "rows per case of ibsi1-core and ibsi1-full"
        );
    }

    #[test]
    fn are_found_by_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.slug().parse(), Ok(profile), "name of {profile:?}");
        }
        assert_eq!(
            "ibsi2-phase1".parse::<Profile>(),
            Err(UnknownProfile("ibsi2-phase1".to_owned())),
            "a profile of another suite is not one of IBSI 1"
        );
    }
}
