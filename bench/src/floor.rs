//! What this machine can do at best, without Knotwork.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Instant,
};

use anyhow::Result;
use knotwork_identity::SecretKey;

use crate::table::{Figures, Table, plain};

/// Adds the floor's rows.
pub(crate) fn measure(table: &mut Table, resources: usize) -> Result<()> {
    eprintln!("the floor …");
    let mut copies = Figures::default();
    for _ in 0..9 {
        copies.push(copy(resources * RESOURCE_BYTES)?);
    }
    table.add(format!("floor: {resources} × 300 B over TCP into one synced file"), copies.with_range("ms"), "", "");
    table.add("floor: signature checks on one core", format!("{}/s", plain(checks())), "", "");
    measure_appends(table, "")?;
    let trips = round_trips()?;
    table.add(
        "floor: loopback round trip of 300 B",
        format!("p50 {} µs, p99 {} µs", plain(trips.quantile(0.5) * 1e3), plain(trips.quantile(0.99) * 1e3)),
        "",
        "",
    );
    Ok(())
}

/// Adds a row for synced appends, which vary within minutes: `when` says when these were measured.
pub(crate) fn measure_appends(table: &mut Table, when: &str) -> Result<()> {
    let median = appends()?.quantile(0.5);
    let figure = format!("p50 {} ms, {}/s", plain(median), plain(1e3 / median));
    table.add(format!("floor: append of 300 B, synced{when}"), figure, "", "");
    Ok(())
}

/// Milliseconds to copy so many bytes over TCP into a file, synced at the end.
fn copy(bytes: usize) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let sender = thread::spawn(move || -> std::io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        stream.write_all(&vec![7; bytes])
    });
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    let mut file = tempfile::tempfile()?;
    std::io::copy(&mut stream, &mut file)?;
    file.sync_all()?;
    let time = begun.elapsed();
    sender.join().map_err(|_| anyhow::anyhow!("the sender failed"))??;
    Ok(time.as_secs_f64() * 1e3)
}

/// Strict signature checks a second.
fn checks() -> f64 {
    let key = SecretKey::from_seed(&[7; 32]);
    let message = [7; 150];
    let signature = key.sign(&message);
    let Ok(verifier) = key.public().verifier() else { return f64::NAN };
    let begun = Instant::now();
    let valid = (0..CHECKS).filter(|_| verifier.verify(std::hint::black_box(&message), &signature).is_ok()).count();
    valid as f64 / begun.elapsed().as_secs_f64()
}

/// Milliseconds of appends of 300 bytes with a sync of the data each.
fn appends() -> Result<Figures> {
    let mut file: File = tempfile::tempfile()?;
    let mut figures = Figures::default();
    for _ in 0..APPENDS {
        let begun = Instant::now();
        file.write_all(&[7; RESOURCE_BYTES])?;
        file.sync_data()?;
        figures.push_time(begun.elapsed());
    }
    Ok(figures)
}

/// Milliseconds of round trips of 300 bytes.
fn round_trips() -> Result<Figures> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = thread::spawn(move || {
        let mut buffer = [0; RESOURCE_BYTES];
        while far.read_exact(&mut buffer).is_ok() && far.write_all(&buffer).is_ok() {}
    });
    let mut figures = Figures::default();
    let mut buffer = [7; RESOURCE_BYTES];
    for _ in 0..TRIPS {
        let begun = Instant::now();
        near.write_all(&buffer)?;
        near.read_exact(&mut buffer)?;
        figures.push_time(begun.elapsed());
    }
    drop(near);
    echo.join().map_err(|_| anyhow::anyhow!("the echo failed"))?;
    Ok(figures)
}

const RESOURCE_BYTES: usize = 300;
const CHECKS: usize = 20_000;
const APPENDS: usize = 1_000;
const TRIPS: usize = 5_000;
