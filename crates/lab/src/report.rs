//! The report of a run: one HTML file, complete in itself, that opens from disk, prints, and reads on a
//! phone.
//!
//! Figures come from the record in one direction: [`timeline`] thins the minutes, [`charts`] says what is
//! drawn, [`flows`] draws who paid whom, [`page`] lays it out; the script in `assets/report.js` only draws. Here, and only here, amounts
//! become floats.

mod charts;
mod flows;
mod html;
mod page;
mod timeline;

use crate::record::RunRecord;

/// The report of a run, with a second run (of another margin mode, over the same path) side by side if there
/// is one.
pub fn render(run: &RunRecord, compared: Option<&RunRecord>) -> String {
    page::page(run, compared, &charts::charts(run, compared))
}
