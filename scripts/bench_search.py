#!/usr/bin/env python3
"""Times `finexl index` and `finexl search` on many models, beside faiss and DuckDB on the same numbers.

    pip install numpy duckdb faiss-cpu pyarrow
    python3 scripts/bench_search.py target/release/finexl RECORDS WORK [--models 80000]

RECORDS is a folder of real records of one encoder beside the same images of the base. Models are made from them: a mixture of
the profiles, scores and intervals of two of them, with noise, so that no two are alike. They and the index are written to
WORK (about 40 kB a model) and made once. Every time is the median of several runs, each a process of its own for finexl
(start, opening and printing included) and the bare query for the others.
"""

import argparse
import glob
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

RUNS = 7
WORDS = "pixelated and warm, not darker"


def read_real(folder):
    """Records with their numbers: aspects by name, profiles [concepts, pairs], scores with intervals [concepts, 3]."""
    real = []
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        record = json.load(open(path))
        record["aspects"].sort(key=lambda aspect: aspect["concept"])
        for aspect in record["aspects"]:
            aspect["most"], aspect["least"] = aspect["most"][:1], aspect["least"][:1]
        profiles = np.array([aspect["profile"] for aspect in record["aspects"]])
        scores = np.array([[aspect[key] or 0.0 for key in ("score", "low", "high")] for aspect in record["aspects"]])
        real.append((record, profiles, scores))
    return real


def made(real, number, draw):
    """A record between two real ones."""
    first, second = draw.integers(len(real), size=2)
    share = draw.random()
    profiles = share * real[first][1] + (1 - share) * real[second][1]
    profiles += 0.1 * np.abs(profiles).mean() * draw.standard_normal(profiles.shape)
    scores = share * real[first][2] + (1 - share) * real[second][2]
    aspects = []
    rows = zip(real[first][0]["aspects"], profiles.round(6).tolist(), scores.round(6).tolist())
    for aspect, profile, (score, low, high) in rows:
        numbers = {"profile": profile, "score": score, "low": low, "high": high, "significant": low > 0.1}
        aspects.append({**aspect, **numbers})
    return json.dumps({**real[first][0], "personalized": f"model {number}", "aspects": aspects})


def write_records(folder, target, count):
    done = os.path.join(target, "done")
    if os.path.exists(done):
        return
    os.makedirs(target, exist_ok=True)
    real = read_real(folder)
    draw = np.random.default_rng(0)
    for number in range(count):
        with open(os.path.join(target, f"{number:06}.json"), "w") as file:
            file.write(made(real, number, draw))
    open(done, "w").close()


def timed(what, run):
    seconds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    print(f"{what:48} {1000 * statistics.median(seconds):9.1f} ms  (least {1000 * min(seconds):.1f})", flush=True)


def found(command):
    output = subprocess.run([*command, "--json", "-", "--quiet"], check=True, capture_output=True).stdout
    return json.loads(output)["found"]


def folder_size(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("finexl")
    parser.add_argument("records")
    parser.add_argument("work")
    parser.add_argument("--models", type=int, default=80000)
    arguments = parser.parse_args()
    records = os.path.join(arguments.work, f"records-{arguments.models}")
    index = os.path.join(arguments.work, f"models-{arguments.models}.finexl")
    write_records(arguments.records, records, arguments.models)
    if not os.path.exists(os.path.join(index, "index.json")):
        begin = time.perf_counter()
        subprocess.run([arguments.finexl, "index", records, "--out", index, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"index of {arguments.models}: {time.perf_counter() - begin:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of "
            f"processor, {used.ru_maxrss / 2**20:.2f} GiB of memory, {folder_size(index) / 1e9:.2f} GB on disk, of "
            f"{folder_size(records) / 1e9:.2f} GB of records"
        )
        begin = time.perf_counter()
        one = sorted(glob.glob(os.path.join(records, "*.json")))[0]
        os.utime(one)
        subprocess.run([arguments.finexl, "index", one, "--out", index, "--tag", "again", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        print(f"one model replaced: {time.perf_counter() - begin:.1f} s")
    search = [arguments.finexl, "search", index]
    target = os.path.join(records, "000001.json")
    timed("finexl --version (start of a process)", lambda: subprocess.run([arguments.finexl, "--version"], stdout=subprocess.DEVNULL))
    timed("finexl search WORDS", lambda: found([*search, WORDS]))
    timed("finexl search --like, by mean", lambda: found([*search, "--like", target, "--by", "mean"]))
    timed("finexl search --like, by pair", lambda: found([*search, "--like", target]))
    compare(index, search, target)


def compare(index, search, target):
    import duckdb
    import faiss
    import pyarrow.parquet as parquet

    faiss.omp_set_num_threads(2)
    data = json.load(open(os.path.join(index, "index.json")))["data"]
    folder = os.path.join(index, data)
    models = parquet.read_table(os.path.join(folder, "models.parquet"), columns=["id", "record", "mean_profile"])
    rows = {name: at for at, name in enumerate(models["record"].to_pylist())}
    own = rows[os.path.realpath(target)]
    mean = np.array(models["mean_profile"].combine_chunks().flatten()).reshape(len(rows), -1).astype("float32")
    pairs = parquet.read_table(os.path.join(folder, "pairs.parquet"), columns=["profile"])
    by_pair = np.array(pairs["profile"].combine_chunks().flatten()).astype("float32").reshape(len(rows), -1)
    for what, vectors, options in (("mean", mean, ["--by", "mean"]), ("pair", by_pair, [])):
        vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        timed(f"faiss IndexFlatIP, by {what}, query alone", lambda: flat.search(vectors[own : own + 1], 11))
        _, near = flat.search(vectors[own : own + 1], 11)
        exact = [at for at in near[0] if at != own][:10]
        ours = [rows[model["record"]] for model in found([*search, "--like", target, *options])]
        print(f"{'recall of finexl against the exact ten':48} {len(set(exact) & set(ours)) / 10:9.2f}")
    base = duckdb.connect()
    base.execute("SET threads = 2")
    words = " + ".join(
        f"{sign} m.score[(SELECT position FROM '{folder}/concepts.parquet' WHERE concept = '{name}')]"
        for sign, name in (("", "pixelated"), ("", "warm"), ("-", "dark"))
    )
    query = f"SELECT m.id, {words} AS found FROM '{folder}/models.parquet' m ORDER BY found DESC LIMIT 10"
    timed("DuckDB on models.parquet, words", lambda: base.execute(query).fetchall())
    like = f"""
        SELECT b.model, sum(list_inner_product(a.profile, b.profile)) / sqrt(sum(list_inner_product(a.profile, a.profile))
          * sum(list_inner_product(b.profile, b.profile))) AS similarity
        FROM '{folder}/pairs.parquet' a JOIN '{folder}/pairs.parquet' b USING (image)
        WHERE a.model = {own + 1} AND b.model <> {own + 1} GROUP BY b.model ORDER BY similarity DESC LIMIT 10"""
    timed("DuckDB on pairs.parquet, by pair", lambda: base.execute(like).fetchall())


if __name__ == "__main__":
    sys.exit(main())
