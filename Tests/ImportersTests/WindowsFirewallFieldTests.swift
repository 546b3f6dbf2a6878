import ComplianceEngine
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// Real files of group policy and Intune.
@Suite(.enabled(if: Repository.fieldSamples != nil)) struct WindowsFirewallFieldTests {
  /// Profile settings and no rules: outbound traffic is allowed by default in each profile.
  @Test(arguments: [
    "windows-firewall/gpreport-firewall-baseline.xml", "windows-firewall/gpo-backup-registry.pol",
    "intune-firewall/settings-catalog-windows-firewall-profiles.json",
  ])
  func baselinesAllowByDefault(_ path: String) throws {
    let policies = try FieldJudgement.read(path)
    #expect(policies.map(\.scope) == ["Domain", "Private", "Public"])
    for policy in policies {
      let results = try FieldJudgement.judge(policy, Client(traffic: .host))
      #expect(results.allSatisfy { $0.verdict == .allowed && $0.reason == .defaultAllow })
      #expect(policy.ruleCount == 0)
      // Only the public profile keeps local rules out.
      let mayMerge = policy.notes.contains { $0.text.contains("local policy merge") }
      #expect(mayMerge == (policy.scope != "Public"))
    }
  }

  @Test func otherPlatformIsNamed() throws {
    let error = #expect(throws: ImportError.self) {
      try FieldJudgement.read("intune-firewall/macos-firewall-native-import.json")
    }
    #expect(error?.code == .wrongKind)
    #expect(error?.reason.contains("macOS") ?? false)
  }
}
