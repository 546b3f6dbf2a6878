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
    let folder = try TemporaryFolder()
    var first = FirewalldMaker(SeededRandom())
    for (name, text) in first.make() { try folder.write(name, text) }
    let daemon = try FirewalldDaemon(in: judge.network.firewall, folder: folder.url)
    let start = SeededRandom().seed
    var total = KernelJudgement.Comparison()
    for run in 0..<Self.runs {
      let seed = start &+ UInt64(run)
      var maker = FirewalldMaker(SeededRandom(seed: seed))
      let files = maker.make()
      for name in ["zones", "policies", "direct.xml"] {
        try? FileManager.default.removeItem(at: folder.url.appendingPathComponent(name))
      }
      for (name, text) in files { try folder.write(name, text) }
      try daemon.reload()
      let shown = files.sorted { $0.key < $1.key }.map { "\($0.key)\n\($0.value)" }.joined()
      let ruleset = try judge.network.firewall.run(["nft", "-j", "list", "ruleset"])
      let byRuleset = try judge.compare(
        export: [("ruleset.json", ruleset)], families: [.ipv4])
      // By the interfaces, as the ruleset: which zone a client is in follows.
      let byFiles = try judge.compare(
        export: files.sorted { $0.key < $1.key }.map { ("etc/firewalld/\($0.key)", $0.value) },
        families: [.ipv4])
      for (name, comparison) in [("ruleset", byRuleset), ("files", byFiles)] {
        total.connections += comparison.connections
        total.allowed += comparison.allowed
        total.undecided += comparison.undecided.map { "\(name): \($0)" }
        if let one = comparison.disagreements.first {
          let count = comparison.disagreements.count
          Issue.record(
            "SALLYPORT_SEED=\(seed): \(name): \(count) differ, such as \(one)\n\(shown)")
        }
      }
    }
    #expect(
      total.undecided.count * 5 <= total.connections,
      "\(total.undecided.count) of \(total.connections) are left open, such as \(total.undecided.first ?? "")"
    )
    print(
      "\(Self.runs) configurations from SALLYPORT_SEED=\(start): \(total.connections) comparisons, "
        + "\(total.allowed) allowed by both, \(total.undecided.count) left open")
  }
}
