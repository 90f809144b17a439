//! How many teams found the same reference value.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Consensus on the validity of a reference value, from the number of research teams that produced it (IBSI 1
/// manual, chapter *Image features*). Ordered: weak < moderate < strong < very strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Consensus {
    /// Fewer than 3 teams.
    #[serde(rename = "weak")]
    Weak,
    /// 3 to 5 teams.
    #[serde(rename = "moderate")]
    Moderate,
    /// 6 to 9 teams.
    #[serde(rename = "strong")]
    Strong,
    /// 10 teams or more.
    #[serde(rename = "very strong")]
    VeryStrong,
}

impl Consensus {
    /// Every level, from weak to very strong.
    pub const ALL: [Self; 4] = [Self::Weak, Self::Moderate, Self::Strong, Self::VeryStrong];

    /// The manual's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Moderate => "moderate",
            Self::Strong => "strong",
            Self::VeryStrong => "very strong",
        }
    }
}

impl fmt::Display for Consensus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no level of consensus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a consensus (weak, moderate, strong or very strong), found `{0}`")]
pub struct UnknownConsensus(pub String);

impl FromStr for Consensus {
    type Err = UnknownConsensus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|c| c.name() == text)
            .ok_or_else(|| UnknownConsensus(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_named() {
        assert!(
            Consensus::ALL.is_sorted(),
            "weak < moderate < strong < very strong"
        );
        for level in Consensus::ALL {
            assert_eq!(level.name().parse(), Ok(level), "name of {level:?}");
        }
        assert_eq!(
            "strongish".parse::<Consensus>().map_err(|e| e.to_string()),
            Err(
                "expected a consensus (weak, moderate, strong or very strong), found `strongish`"
                    .to_owned()
            ),
            "message"
        );
    }
}
