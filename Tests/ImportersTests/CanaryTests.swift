import Foundation
import ImportKit
import Importers
import PolicyModel
import TestSupport
import Testing

/// Secrets planted in the places where a format keeps them, and in texts where people put them.
@Suite struct CanaryTests {
  static let mark = "CANARY"

  @Test(arguments: try SampleCase.all().filter { $0.name == "canaries" })
  func plantedSecretsNeverLeaveTheImporter(_ sample: SampleCase) throws {
    let inputs = try sample.inputs()
    let planted = inputs.reduce(0) { count, file in
      count + String(decoding: file.bytes, as: UTF8.self).components(separatedBy: Self.mark).count
        - 1
    }
    #expect(planted >= 3, "the sample plants too few secrets to prove anything")
    let outcome = try importerRegistry.read(inputs)
    #expect(!outcome.neutral().contains(Self.mark))
    #expect(outcome.export.policies.contains { $0.ruleCount > 0 }, "the sample has rules")
  }

  @Test(arguments: [
    "$6$rounds=5000$saltsalt$CANARYhash", "$2y$10$CANARYCANARYCANARY", "$1$abcd$CANARYhash",
    "$9$CANARYjunossecret", "-AQ==CANARYmasterkeyciphertext=", "password=$5$salt$CANARY",
    "LS0tLS1CRUdJTiBDQU5BUlk=CANARY", "-----BEGIN RSA PRIVATE KEY----- CANARY -----END",
  ])
  func secretShapesAreRemovedFromComments(_ secret: String) {
    var text = "see \(secret) for access"
    Redaction.redact(&text)
    #expect(!text.contains(Self.mark))
    #expect(text.hasPrefix("see "))
    #expect(text.contains(Redaction.mark))
  }

  @Test(arguments: [
    "Allow LAN to any rule", "WEB_SERVERS", "ticket 2024-05-17 #1234", "a=b", "cost $100",
    "0123456789abcdef", "*.wdcp.microsoft.com", "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
  ])
  func ordinaryTextsStay(_ original: String) {
    var text = original
    Redaction.redact(&text)
    #expect(text == original)
  }
}
