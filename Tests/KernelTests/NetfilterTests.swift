import Foundation
import TestSupport
import Testing

/// The kernel as judge: random rulesets are loaded by the system's own tools into a namespace,
/// exported by them, imported and judged by us, and tried with real connections.
///
/// Needs root, network namespaces and the tools; skipped, with the reason, where one is missing.
/// `SALLYPORT_KERNEL_RUNS` sets how many rulesets are tried, `SALLYPORT_SEED` the first of them.
@Suite(.serialized) struct NetfilterTests {
  static let nftObstacle = KernelJudgement.obstacle(["nft"])
  static let iptablesObstacle = KernelJudgement.obstacle(["iptables-restore", "iptables-save"])

  private static var runs: Int {
    ProcessInfo.processInfo.environment["SALLYPORT_KERNEL_RUNS"].flatMap { Int($0) } ?? 8
  }

  @Test(.enabled(if: nftObstacle == nil, "\(nftObstacle ?? "")"))
  func nftablesRulesets() throws {
    let judge = KernelJudgement(network: try KernelNetwork())
    try compare { seed in
      var maker = NFTRulesetMaker(SeededRandom(seed: seed))
      let text = maker.make()
      try judge.network.firewall.run(["nft", "flush ruleset"])
      // nft refuses rules that can never match (`tcp dport 80 udp dport 443`).
      guard (try? judge.network.firewall.run(["nft", "-f", "-"], input: text)) != nil else {
        return nil
      }
      let export = try judge.network.firewall.run(["nft", "-j", "list", "ruleset"])
      let found = try judge.compare(
        export: [("ruleset.json", export)], families: [.ipv4, .ipv6])
      return (text, found)
    }
  }

  @Test(.enabled(if: iptablesObstacle == nil, "\(iptablesObstacle ?? "")"))
  func iptablesRulesets() throws {
    let judge = KernelJudgement(network: try KernelNetwork())
    try compare { seed in
      var maker = IPTRulesetMaker(SeededRandom(seed: seed))
      let text = maker.make()
      for table in ["mangle", "raw"] {
        try judge.network.firewall.run(["iptables", "-t", table, "-F"])
      }
      try judge.network.firewall.run(["iptables-restore"], input: text)
      let export = try judge.network.firewall.run(["iptables-save"])
      return (text, try judge.compare(export: [("rules.v4", export)], families: [.ipv4]))
    }
  }

  /// Rulesets whose outcome an importer leaves open count as well as connections: a judge who never
  /// decides is never wrong.
  private func compare(
    _ attempt: (UInt64) throws -> (String, KernelJudgement.Comparison)?
  ) throws {
    let first = SeededRandom().seed
    let keepsGoing = ProcessInfo.processInfo.environment["SALLYPORT_KERNEL_ALL"] != nil
    var total = KernelJudgement.Comparison()
    var loaded = 0
    var wrong = 0
    var run: UInt64 = 0
    while loaded < Self.runs, run < UInt64(3 * Self.runs) {
      let seed = first &+ run
      run += 1
      guard let (text, comparison) = try attempt(seed) else { continue }
      loaded += 1
      total.connections += comparison.connections
      total.allowed += comparison.allowed
      total.undecided += comparison.undecided
      if let one = comparison.disagreements.first {
        wrong += 1
        Issue.record(
          "SALLYPORT_SEED=\(seed): \(comparison.disagreements.count) differ, such as \(one)\n\(text)"
        )
        if !keepsGoing { return }
      }
    }
    #expect(loaded == Self.runs, "the kernel refuses too many rulesets")
    #expect(
      total.undecided.count * 10 <= total.connections,
      "\(total.undecided.count) of \(total.connections) are left open, such as \(total.undecided.first ?? "")"
    )
    print(
      "\(loaded) rulesets from SALLYPORT_SEED=\(first): \(total.connections) connections, "
        + "\(total.allowed) of them allowed by both, \(total.undecided.count) left open, "
        + "\(wrong) rulesets judged wrongly")
  }
}
