#!/bin/bash
# A sweep on a real Slurm, started on this machine alone and stopped at the end.
#
#     scripts/test_slurm.sh target/debug/finexl [FOLDER]
#
# Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge. Two slurmd with names of their own (-N) stand
# for two nodes. Submits a sweep of twelve cells as an array; one task is killed by scancel; a long cell comes to its
# time limit and is queued again; then the sweep is submitted once more for what is left, collected, and compared with a
# sweep that ran without Slurm. Ends with 0 where the tables are the same.
set -u
binary=$(realpath "$1")
root=${2:-$(mktemp -d)}
mkdir -p "$root" && cd "$root" || exit 1
export FINEXL_CACHE="$root/cache"
say() { echo "[$(date +%T)] $*"; }

cat > slurm.conf <<CONF
ClusterName=test
SlurmctldHost=$(hostname -s)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16817
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool-%n
SlurmctldPidFile=$root/slurmctld.pid
SlurmdPidFile=$root/slurmd-%n.pid
SlurmctldLogFile=$root/slurmctld.log
SlurmdLogFile=$root/slurmd-%n.log
AuthType=auth/munge
AuthInfo=socket=$root/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
SchedulerParameters=sched_interval=2,bf_interval=2
KillWait=5
MinJobAge=300
OverTimeLimit=0
JobRequeue=1
NodeName=node1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=17001 CPUs=2 State=UNKNOWN
NodeName=node2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=17002 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$root/slurm.conf"
mkdir -p state spool-node1 spool-node2 munge
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    wait 2>/dev/null
}
trap stop EXIT
head -c 1024 /dev/urandom > munge/key && chmod 400 munge/key && chmod 700 munge
munged --foreground --key-file "$root/munge/key" --socket "$root/munge.socket" --pid-file "$root/munge/pid" \
    --log-file "$root/munge/log" --seed-file "$root/munge/seed" --force & pids+=($!)
sleep 2
slurmctld -D -f slurm.conf > slurmctld.out 2>&1 & pids+=($!)
for node in node1 node2; do slurmd -D -N $node -f slurm.conf > "$node.out" 2>&1 & pids+=($!); done
for _ in $(seq 60); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
say "Slurm $(sinfo --version): $(sinfo -h -N -o '%N %T' | tr '\n' ',')"

cat > sweep.toml <<'TOML'
[sweep]
name = "on-slurm"
output = "out"
repeats = 2
columns = { methods = "method", "personalizations.0.aspects.warm" = "level" }

[sweep.grid]
"personalizations.0.aspects.warm" = [0.3, 0.6, 0.9]
methods = [["nnls"], ["ridge"]]

[explain-scenes]
output = "unused"
split = "test"
scenes = 24
size = 128
seed = 1
artist = "twemoji"
art-folder = "none"

[[explain-scenes.personalizations]]
name = "warm"
aspects = { warm = 0.8 }
TOML
sed 's/"out"/"alone"/' sweep.toml > alone.toml

finexl() { "$binary" "$@"; }
ended() { for _ in $(seq 600); do [ -z "$(squeue -h)" ] && return; sleep 1; done; say "jobs do not end"; squeue; }

say "submitting"
finexl sweep submit sweep.toml --slurm --tasks 2 --cpus 1 --sbatch=--mem=0 || exit 1
grep -v '^$' out/slurm/job.sh
for _ in $(seq 120); do [ "$(squeue -h -t R -r | wc -l)" = 2 ] && break; sleep 0.5; done
sleep 3
finexl sweep status sweep.toml
job=$(squeue -h -r -t R -o %A | head -1)
say "scancel $job"
scancel "$job"
ended
say "after scancel of one task, when the other has ended"
finexl sweep status sweep.toml

say "a long cell and a time limit that it does not keep: its task gives it back and is queued again"
sed -e 's/"out"/"long"/' -e 's/"on-slurm"/"long"/' -e 's/repeats = 2/repeats = 1/' -e 's/\[0.3, 0.6, 0.9\]/[0.3]/' \
    -e 's/\[\["nnls"\], \["ridge"\]\]/[["nnls"]]/' -e 's/^scenes = 24/scenes = 900/' sweep.toml > long.toml
finexl sweep submit long.toml --slurm --tasks 1 --time 1 --notice 50 --sbatch=--mem=0 || exit 1
number=$(squeue -h -o %A | head -1)
restarts() { scontrol show job "$number" | grep -o 'Restarts=[0-9]*' | head -1; }
for _ in $(seq 240); do [ "$(restarts)" != "Restarts=0" ] && break; sleep 1; done
say "requeued: $(restarts)"
finexl sweep status long.toml
scancel "$number"
ended
[ "$(finexl sweep status long.toml | head -1)" = "0 of 1 done" ] || { say "the long cell does not wait"; exit 1; }

say "what is left, then all without Slurm"
finexl sweep submit sweep.toml --slurm --tasks 2 --sbatch=--mem=0
ended
finexl sweep status sweep.toml || exit 1
finexl sweep collect sweep.toml || exit 1
finexl --quiet sweep run alone.toml && finexl --quiet sweep collect alone.toml || exit 1
if cmp out/table.csv alone/table.csv; then say "the tables are the same"; else exit 1; fi
