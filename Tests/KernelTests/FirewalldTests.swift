import Foundation
import TestSupport
import Testing

/// firewalld as author and the kernel as judge: made-up zones and policies are loaded by firewalld
/// in a namespace of its own, with a message bus of its own, and then judged twice, by its files
/// and by the ruleset that it made.
///
/// Needs root, network namespaces, firewalld and dbus-daemon; skipped, with the reason, without.
@Suite(.serialized) struct FirewalldTests {
  static let obstacle = KernelJudgement.obstacle(["nft", "firewalld", "dbus-daemon", "unshare"])

  private static var runs: Int {
    let asked = ProcessInfo.processInfo.environment["SALLYPORT_KERNEL_RUNS"].flatMap { Int($0) }
    return max((asked ?? 8) / 8, 1)
  }

  @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"))
  func filesAndRulesetsAgreeWithTheKernel() throws {
    let judge = KernelJudgement(network: try KernelNetwork())
    let first = SeededRandom().seed
    var connections = 0
    for run in 0..<Self.runs {
      let seed = first &+ UInt64(run)
      var maker = FirewalldMaker(SeededRandom(seed: seed))
      let files = maker.make()
      let folder = try TemporaryFolder()
      for (name, text) in files { try folder.write(name, text) }
      try judge.network.firewall.run(["nft", "flush ruleset"])
      try judge.network.firewall.run(
        ["unshare", "-m", "sh", "-e"], input: Self.script(folder.url.path))
      let ruleset = try judge.network.firewall.run(["nft", "-j", "list", "ruleset"])
      let shown = files.sorted { $0.key < $1.key }.map { "\($0.key)\n\($0.value)" }.joined()
      let byRuleset = try judge.compare(
        export: [("ruleset.json", ruleset)], families: [.ipv4])
      let byFiles = try judge.compare(
        export: files.sorted { $0.key < $1.key }.map { ("etc/firewalld/\($0.key)", $0.value) },
        families: [.ipv4], zones: ["lan0": "lan", "dmz0": "dmz", "wan0": "wan"])
      for (name, comparison) in [("ruleset", byRuleset), ("files", byFiles)] {
        connections += comparison.connections
        let doubts = comparison.disagreements + comparison.undecided
        if let one = doubts.first {
          Issue.record(
            "SALLYPORT_SEED=\(seed): \(name): \(doubts.count) differ, such as \(one)\n\(shown)")
        }
      }
    }
    print("\(Self.runs) configurations from SALLYPORT_SEED=\(first), \(connections) comparisons")
  }

  /// Starts firewalld on the files, waits until it is ready, and stops it; the ruleset stays.
  private static func script(_ folder: String) -> String {
    """
    mount -t tmpfs tmpfs /run
    mkdir -p /run/dbus
    mount --bind \(folder) /etc/firewalld
    dbus-daemon --system --fork >/dev/null 2>&1
    firewalld --nofork --nopid >/dev/null 2>&1 &
    daemon=$!
    tries=0
    until firewall-cmd --state >/dev/null 2>&1; do
      tries=$((tries + 1))
      [ $tries -lt 60 ] || break
      sleep 0.5
    done
    kill $daemon
    wait $daemon || true
    kill $(cat /run/dbus/pid)

    """
  }
}
