//! Changes to lives that leave records whole: an action more, one less, the same again, or one byte of a choice.

use libfuzzer_sys::fuzzer_mutate;

use crate::bytes::{ACTIONS_MAX, HEAD, RECORD};
use crate::random::Random;

/// Changes the life in `data` a little or more; returns how many bytes it takes now.
pub(crate) fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random::new(u64::from(seed));
    if size < HEAD + RECORD || max_size < HEAD + RECORD {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut life = Life::of(&data[..size]);
    for _ in 0..=random.range(0, 3) {
        life.change(&mut random);
    }
    life.records.truncate(ACTIONS_MAX.min((max_size - HEAD) / RECORD));
    life.write(data)
}

/// The beginning of one life and the end of another.
pub(crate) fn cross(data1: &[u8], data2: &[u8], out: &mut [u8], seed: u32) -> usize {
    let mut random = Random::new(u64::from(seed));
    let (mut life, other) = (Life::of(data1), Life::of(data2));
    let at = random.range(0, life.records.len() as u64) as usize;
    let from = random.range(0, other.records.len() as u64) as usize;
    life.records.truncate(at);
    life.records.extend_from_slice(&other.records[from..]);
    life.records.truncate(ACTIONS_MAX.min(out.len().saturating_sub(HEAD) / RECORD));
    if out.len() < HEAD { 0 } else { life.write(out) }
}

struct Life {
    head: [u8; HEAD],
    records: Vec<[u8; RECORD]>,
}

impl Life {
    fn of(data: &[u8]) -> Self {
        let (head, rest) = data.split_first_chunk().unwrap_or((&[0; HEAD], &[]));
        Self { head: *head, records: rest.as_chunks().0.to_vec() }
    }

    fn write(&self, data: &mut [u8]) -> usize {
        let records = self.records.as_flattened();
        data[..HEAD].copy_from_slice(&self.head);
        data[HEAD..HEAD + records.len()].copy_from_slice(records);
        HEAD + records.len()
    }

    fn change(&mut self, random: &mut Random) {
        let count = self.records.len();
        let place = |random: &mut Random| random.range(0, count.max(1) as u64 - 1) as usize;
        let (at, other) = (place(random), place(random));
        match random.range(0, 99) {
            _ if count == 0 => self.records.push(drawn(random)),
            0..25 => drop(fuzzer_mutate(&mut self.records[at], RECORD, RECORD)),
            25..40 => {
                let byte = random.range(0, RECORD as u64 - 1) as usize;
                self.records[at][byte] = random.bits() as u8;
            }
            // Another action, with the choices as they were.
            40..50 => self.records[at][..2].copy_from_slice(&(random.bits() as u16).to_le_bytes()),
            50..62 => self.records.insert(at, drawn(random)),
            62..72 => drop(self.records.remove(at)),
            72..82 => self.records.insert(other, self.records[at]),
            82..87 => self.records.swap(at, other),
            87..92 => {
                let run = self.records[at..count.min(at + 12)].to_vec();
                self.records.splice(other..other, run);
            }
            92..95 => drop(self.records.drain(at..count.min(at + 12))),
            95..97 => (0..12).for_each(|_| self.records.push(drawn(random))),
            _ => self.head[random.range(0, HEAD as u64 - 1) as usize] = random.bits() as u8,
        }
    }
}

fn drawn(random: &mut Random) -> [u8; RECORD] {
    std::array::from_fn(|_| random.bits() as u8)
}
