// SPDX-License-Identifier: CC0-1.0
//! An adapter to copy: a reader in Rust on the pipe of PROTOCOL.md. Fill in judge().
use std::io::{stdin, stdout, Read, Result, Write};

const HELLO: &str = r#"{"name":"my reader","version":"0","protocol":1,"roles":["reader"],
    "formats":["linux.region_info"],"tells":["need"],"scripts":false}"#;
const NOT_TOLD: u32 = u32::MAX;

#[rustfmt::skip]
#[allow(dead_code)]
enum Verdict { Accept, Reject, NeedMore, Skip, Error }

/// Verdict, offset of the fault, size to come back with, and a text: the dump as JSON of what is
/// accepted, the rule of what is not, the reason of a skip.
type Answer = (Verdict, u32, u32, String);

fn judge(format: &str, _big: bool, _producer: bool, _index: u32, input: &[u8]) -> Answer {
    if format != "linux.region_info" {
        return (Verdict::Skip, NOT_TOLD, NOT_TOLD, "a format that is not read".into());
    }
    if input.len() < 32 {
        // struct vfio_region_info without any capability
        return (Verdict::NeedMore, NOT_TOLD, 32, String::new());
    }
    (Verdict::Skip, NOT_TOLD, NOT_TOLD, "not written yet".into())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn send(kind: u8, parts: &[&[u8]]) -> Result<()> {
    let payload = parts.concat();
    let length = (payload.len() as u32 + 1).to_le_bytes();
    stdout().write_all(&[&length, &[kind][..], &payload].concat())?;
    stdout().flush()
}

fn main() -> Result<()> {
    let mut length = [0; 4];
    while stdin().read_exact(&mut length).is_ok() {
        let mut frame = vec![0; u32::from_le_bytes(length) as usize];
        stdin().read_exact(&mut frame)?;
        match frame[0] {
            b'H' if frame[1..] == [1, 0, 0, 0] => send(b'H', &[HELLO.as_bytes()])?,
            b'H' => std::process::exit(1), // another version of the protocol
            b'C' => {
                let start = 12 + frame[11] as usize;
                let format = String::from_utf8_lossy(&frame[12..start]);
                let (big, producer, index) = (frame[5] == 1, frame[6] == 1, u32_at(&frame, 7));
                let (verdict, at, need, text) = judge(&format, big, producer, index, &frame[start..]);
                let (at, need) = (at.to_le_bytes(), need.to_le_bytes());
                send(b'A', &[&frame[1..5], &[verdict as u8], &at, &need, text.as_bytes()])?
            }
            _ => break,
        }
    }
    Ok(())
}
