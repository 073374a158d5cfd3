//! What one mutant changes.

use std::fmt;

/// Kinds of mutants. The name is what reports and tests/mutants/accepted.toml call them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Require,
    Refusal,
    Check,
    Guard,
    Shortfall,
    Constraint,
    Address,
    Owner,
    Signer,
    Operand,
    Boundary,
    Rounding,
    Cap,
}

impl Kind {
    pub(crate) const ALL: [Self; 13] = [
        Self::Require,
        Self::Refusal,
        Self::Check,
        Self::Guard,
        Self::Shortfall,
        Self::Constraint,
        Self::Address,
        Self::Owner,
        Self::Signer,
        Self::Operand,
        Self::Boundary,
        Self::Rounding,
        Self::Cap,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Require => "require",
            Self::Refusal => "refusal",
            Self::Check => "check",
            Self::Guard => "guard",
            Self::Shortfall => "shortfall",
            Self::Constraint => "constraint",
            Self::Address => "address",
            Self::Owner => "owner",
            Self::Signer => "signer",
            Self::Operand => "operand",
            Self::Boundary => "boundary",
            Self::Rounding => "rounding",
            Self::Cap => "cap",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Require => "`require!(..)` never refuses",
            Self::Refusal => "`if .. { Err(..) }` never refuses",
            Self::Check => "a call that only checks, `require_..(..)?`, `assert_..(..)?`, is left out",
            Self::Guard => "a match arm with a condition that refuses never does",
            Self::Shortfall => "a difference below zero that is refused is zero instead",
            Self::Constraint => "`constraint = ..` of an account always holds",
            Self::Address => "`address = ..` of an account is any address",
            Self::Owner => "`owner = ..` of an account is any program",
            Self::Signer => "a `Signer` need not sign",
            Self::Operand => "one part of `&&` or `||` is left out",
            Self::Boundary => "`<` and `<=`, `>` and `>=` are swapped",
            Self::Rounding => "`.._floor` and `.._ceil` are swapped",
            Self::Cap => "`.min(..)`, `.max(..)` or `.clamp(..)` is left out",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// Its number in the mutated program; 0 is no mutant.
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The function or the struct of accounts that it lies in.
    pub(crate) within: String,
    /// What is removed or changed, on one line.
    pub(crate) text: String,
    /// How many before it look the same in the same place.
    pub(crate) repeat: usize,
}

impl Site {
    /// Names the mutant though lines move.
    pub(crate) fn key(&self) -> String {
        let Self { kind, file, within, text, repeat, .. } = self;
        let again = if *repeat == 0 { String::new() } else { format!(" #{}", repeat + 1) };
        format!("{file} {within} {kind}: {text}{again}")
    }
}
