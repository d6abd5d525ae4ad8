//! (g) Pages to many readers at once, while changes stream in from a partner; and what a page weighs.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::{
    Options,
    daemon::{Network, Node, wait},
    inputs,
    reader::{Reader, between},
    table::{Figures, Table, bytes, plain},
};

pub(crate) fn measure(program: &Path, options: &Options, table: &mut Table) -> Result<()> {
    let mut network = Network::found(program, 2)?;
    network.start()?;
    let (node, partner) = (&network.nodes[0], &network.nodes[1]);
    node.import(&inputs::csv(0, options.resources))?;
    let mut readers = thread::scope(|scope| {
        let far = scope.spawn(|| people(partner, "bran", MEMBERS / 2));
        let near = people(node, "ada", MEMBERS / 2)?;
        far.join().map_err(|_| anyhow!("making accounts failed"))??;
        anyhow::Ok(near)
    })?;
    readers.truncate(READERS);
    wait(Duration::from_secs(120), || Ok(node.get("/api/v1/members?limit=1")?["total"] == MEMBERS))?;
    network.wait_in_step()?;
    let paths = paths(&mut readers[0])?;
    let weight = weight(&mut readers[0], &paths)?;

    let streaming = AtomicBool::new(true);
    let (all, slowest) = thread::scope(|scope| {
        let writer = scope.spawn(|| stream(partner, options.resources, &streaming));
        let threads: Vec<_> = readers
            .into_iter()
            .enumerate()
            .map(|(number, reader)| {
                let paths = &paths;
                scope.spawn(move || read(reader, paths, number))
            })
            .collect();
        let (mut all, mut each) = (Figures::default(), vec![Figures::default(); paths.len()]);
        for thread in threads {
            for (path, time) in thread.join().map_err(|_| anyhow!("a reader failed"))?? {
                all.push_time(time);
                each[path].push_time(time);
            }
        }
        streaming.store(false, Ordering::Relaxed);
        writer.join().map_err(|_| anyhow!("the writer failed"))??;
        for (figures, path) in each.iter().zip(&paths) {
            eprintln!("  {}: p50 {} ms, p99 {} ms", path, plain(figures.quantile(0.5)), plain(figures.quantile(0.99)));
        }
        let slowest = each.iter().zip(&paths).map(|(figures, path)| (figures.quantile(0.99), path.clone()));
        anyhow::Ok((all, slowest.max_by(|(left, _), (right, _)| left.total_cmp(right))))
    })?;
    let (worst, path) = slowest.context("there are pages")?;
    table.add(
        format!(
            "(g) a page to {READERS} readers at once, {} resources, {MEMBERS} members, {STREAMED_EACH_SECOND} changes \
             a second coming in, p50 / p99",
            options.resources
        ),
        format!("{} / {} ms", plain(all.quantile(0.5)), plain(all.quantile(0.99))),
        "50 ms at p99",
        "",
    );
    let short = path.split(['?', '#']).next().unwrap_or_default();
    let short = short.split('/').take(3).collect::<Vec<_>>().join("/");
    let short = short.get(..short.len().min(16)).unwrap_or_default();
    table.add(format!("(g) the slowest page ({short}), p99"), format!("{} ms", plain(worst)), "50 ms", "");
    table.add("(g) the heaviest page, with all that it loads", bytes(weight), "50 kB", "");
    Ok(())
}

/// Makes a node's members, who are let in at once; gives some who are signed in.
fn people(node: &Node, name: &str, count: usize) -> Result<Vec<Reader>> {
    let code = std::fs::read_to_string(node.folder.join("set-up-code"))?;
    let mut steward = Reader::connect(node.http())?;
    steward.make_account(&format!("/set-up/{}", code.trim()), name)?;
    steward.send("/settings/colleagues", &[("do", "open")])?;
    let mut people = Vec::new();
    for number in 1..count {
        let page = steward.send("/settings/invitations", &[])?.body;
        let link = between(&page, "/join/", "<").context("no invitation was made")?;
        let mut person = Reader::connect(node.http())?;
        person.make_account(&format!("/join/{link}"), &format!("{name} {number}"))?;
        if people.len() < READERS {
            people.push(person);
        }
    }
    Ok(people)
}

/// The pages that are read in turn, by how members go about.
fn paths(reader: &mut Reader) -> Result<Vec<String>> {
    let mut paths: Vec<String> = [
        "/needs",
        "/library",
        "/library?page=200",
        "/library?words=care+ho",
        "/library?tag=t7",
        "/library?words=nurse&kind=toolkit&sort=changed",
        "/people",
        "/people?words=ada+1",
        "/roles",
        "/profile",
        "/connected",
        "/settings",
        "/library/add",
    ]
    .map(str::to_owned)
    .into();
    let library = reader.get("/library")?.body;
    for id in library.split("<h3><a href=\"/library/").skip(1).take(5) {
        let id = id.split('"').next().unwrap_or_default();
        paths.push(format!("/library/{id}"));
        paths.push(format!("/library/{id}/history"));
    }
    let people = reader.get("/people")?.body;
    for place in ["/people/b", "/organisations/b"] {
        let id = between(&people, place, "\"").context("there is somebody")?;
        paths.push(format!("{place}{id}"));
    }
    Ok(paths)
}

/// The bytes of the heaviest page with its style, script and icon, as they are sent.
fn weight(reader: &mut Reader, paths: &[String]) -> Result<f64> {
    let mut heaviest = 0;
    let mut assets = 0;
    for path in paths {
        let page = reader.get(path)?.body;
        heaviest = heaviest.max(page.len());
        if assets == 0 {
            for asset in page.split("=\"/assets/").skip(1) {
                let name = asset.split('"').next().unwrap_or_default();
                assets += reader.get(&format!("/assets/{name}"))?.body.len();
            }
        }
    }
    Ok((heaviest + assets) as f64)
}

/// Writes at a partner, evenly, for as long as others read.
fn stream(partner: &Node, from: usize, streaming: &AtomicBool) -> Result<()> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let begun = Instant::now();
    for number in 0_u32.. {
        if !streaming.load(Ordering::Relaxed) {
            break;
        }
        partner.add(&agent, &inputs::resource(from + number as usize))?;
        let next = Duration::from_secs(1) / STREAMED_EACH_SECOND * (number + 1);
        thread::sleep(next.saturating_sub(begun.elapsed()));
    }
    Ok(())
}

/// Reads all pages a few times, from another one on than the next reader; gives each with the time that it took.
fn read(mut reader: Reader, paths: &[String], number: usize) -> Result<Vec<(usize, Duration)>> {
    let mut times = Vec::new();
    for turn in 0..ROUNDS * paths.len() {
        let path = (number + turn) % paths.len();
        let begun = Instant::now();
        let answer = reader.get(&paths[path])?;
        let time = begun.elapsed();
        ensure!(answer.status == 200, "{} answered {}", paths[path], answer.status);
        // What is read the first time is made first.
        if turn >= paths.len() {
            times.push((path, time));
        }
    }
    Ok(times)
}

const MEMBERS: usize = 1_000;
const READERS: usize = 32;
const ROUNDS: usize = 40;
const STREAMED_EACH_SECOND: u32 = 20;
