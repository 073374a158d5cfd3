//! Edits that may lie within one another, applied to a source.

use std::ops::Range;

/// A piece of what comes in the place of an edited range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// A part of the source, with the edits that lie within it.
    Source(Range<usize>),
}

/// Replaces a range. Of two edits with the same range, the earlier one is the outer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) pieces: Vec<Piece>,
}

/// The source with all edits.
pub(crate) fn rewrite(source: &str, mut edits: Vec<Edit>) -> String {
    // Outer ones before what lies within them; sorting is stable.
    edits.sort_by_key(|edit| (edit.range.start, std::cmp::Reverse(edit.range.end)));
    let mut out = String::new();
    render(source, &edits, 0, 0..source.len(), &mut out);
    out
}

fn render(source: &str, edits: &[Edit], from: usize, range: Range<usize>, out: &mut String) {
    let mut at = range.start;
    for (index, edit) in edits.iter().enumerate().skip(from) {
        if edit.range.start < at || edit.range.end > range.end {
            continue; // before, or within one that has been written
        }
        out.push_str(&source[at..edit.range.start]);
        for piece in &edit.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Source(part) => render(source, edits, index + 1, part.clone(), out),
            }
        }
        at = edit.range.end;
    }
    out.push_str(&source[at..range.end]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(range: Range<usize>, name: &str) -> Edit {
        let pieces =
            vec![Piece::Text(format!("{name}(")), Piece::Source(range.clone()), Piece::Text(")".into())];
        Edit { range, pieces }
    }

    #[test]
    fn edits_nest_and_the_earlier_of_two_is_the_outer_one() {
        let edits = vec![wrap(4..5, "c"), wrap(0..5, "a"), wrap(0..5, "b"), wrap(0..1, "d")];
        assert_eq!(rewrite("x + y; z", edits), "a(b(d(x) + c(y))); z");
    }

    #[test]
    fn a_part_that_is_written_twice_is_edited_twice() {
        let twice = Edit {
            range: 0..1,
            pieces: vec![Piece::Source(0..1), Piece::Text(" or ".into()), Piece::Source(0..1)],
        };
        assert_eq!(rewrite("x;", vec![twice, wrap(0..1, "f")]), "f(x) or f(x);");
    }
}
