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
      try judge.network.firewall.run(["iptables", "-t", "mangle", "-F"])
      try judge.network.firewall.run(["iptables-restore"], input: text)
      let export = try judge.network.firewall.run(["iptables-save"])
      return (text, try judge.compare(export: [("rules.v4", export)], families: [.ipv4]))
    }
  }

  private func compare(
    _ attempt: (UInt64) throws -> (String, KernelJudgement.Comparison)?
  ) throws {
    let first = SeededRandom().seed
    var connections = 0
    var loaded = 0
    var run: UInt64 = 0
    while loaded < Self.runs, run < UInt64(3 * Self.runs) {
      let seed = first &+ run
      run += 1
      guard let (text, comparison) = try attempt(seed) else { continue }
      loaded += 1
      connections += comparison.connections
      let doubts = comparison.disagreements + comparison.undecided
      if let one = doubts.first {
        Issue.record("SALLYPORT_SEED=\(seed): \(doubts.count) differ, such as \(one)\n\(text)")
        return
      }
    }
    #expect(loaded == Self.runs, "the kernel refuses too many rulesets")
    print("\(loaded) rulesets from SALLYPORT_SEED=\(first), \(connections) connections agree")
  }
}
