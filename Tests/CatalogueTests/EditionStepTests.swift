import Audit
import CatalogueReaders
import EndpointCatalogue
import Testing

/// What each edition changed against the one before, written by hand from the published pages.
@Suite struct EditionStepTests {
  struct Step: Sendable, CustomStringConvertible {
    let from: String
    let to: String
    var added: [String] = []
    var removed: [String] = []
    /// `text: fields`.
    var changed: [String] = []
    var statements: [String] = []
    var description: String { "\(from) → \(to)" }
  }

  static let storage2018 = [
    "ussus1eastprod", "ussus1westprod", "usseu1northprod", "usseu1westprod", "ussuk1southprod",
    "ussuk1westprod", "ussas1eastprod", "ussas1southeastprod", "ussau1eastprod",
    "ussau1southeastprod",
  ].map { $0 + ".blob.core.windows.net" }

  static let storage2020 = [
    "ussus2eastprod", "ussus3eastprod", "ussus4eastprod", "wsus1eastprod", "wsus2eastprod",
    "ussus2westprod", "ussus3westprod", "ussus4westprod", "wsus1westprod", "wsus2westprod",
    "wseu1northprod", "wseu1westprod", "wsuk1southprod", "wsuk1westprod",
  ].map { $0 + ".blob.core.windows.net" }

  static func lists(_ scheme: String) -> [String] {
    [
      "www.microsoft.com/pkiops/crl/", "www.microsoft.com/pkiops/certs",
      "crl.microsoft.com/pki/crl/products", "www.microsoft.com/pki/certs",
    ].map { "\(scheme)://\($0): scheme, ports_required, ports_advised, note" }
  }

  static let endpointDetection = [
    "winatp-gw-weu.microsoft.com", "winatp-gw-neu.microsoft.com",
    "eu.vortex-win.data.microsoft.com", "eu-v20.events.data.microsoft.com",
    "automatedirstrprdweu.blob.core.windows.net", "automatedirstrprdneu.blob.core.windows.net",
  ]

  static let steps: [Step] = [
    Step(
      from: "2017-08-25", to: "2018-10-08",
      added: ["*.wd.microsoft.com", "*.update.microsoft.com"] + storage2018,
      removed: ["*.updates.microsoft.com", "*.blob.core.windows.net"],
      // The star behind the name was a mark of emphasis: the row is the same.
      changed: ["*.wdcp.microsoft.com: note", "*.wdcpalt.microsoft.com: note"]),
    Step(
      from: "2018-10-08", to: "2018-10-08-b", changed: lists("https"),
      statements: ["allow_rule_excludes_blob", "blob_no_inspection_exclusion", "default_443"]),
    Step(
      from: "2018-10-08-b", to: "2020-07-08",
      added: [
        "*.delivery.mp.microsoft.com", "*.windowsupdate.com", "*.download.windowsupdate.com",
        "https://fe3cr.delivery.mp.microsoft.com/ClientWebService/client.asmx",
      ]),
    Step(
      from: "2020-07-08", to: "2020-12-28", added: storage2020,
      removed: storage2018.filter { $0.hasPrefix("ussas") || $0.hasPrefix("ussau") },
      changed: lists("http")),
    Step(from: "2020-12-28", to: "2021-05-17", added: ["go.microsoft.com"]),
    Step(from: "2021-05-17", to: "2021-10-18", added: endpointDetection),
    Step(from: "2021-10-18", to: "2022-02-03", removed: endpointDetection),
    Step(
      from: "2022-02-03", to: "2022-06-28",
      added: [
        "https://www.microsoft.com/security/encyclopedia/adlpackages.aspx",
        "https://definitionupdates.microsoft.com/download/DefinitionUpdates/",
      ]),
    Step(
      from: "2022-06-28", to: "2023-06-26", added: ["ctldl.windowsupdate.com"],
      changed: [
        "*.download.windowsupdate.com: ports_required, note",
        "go.microsoft.com: ports_required, note",
      ], statements: ["port80_note"]),
    Step(
      from: "2023-06-26", to: "2023-06-26-b",
      removed: ["https://msdl.microsoft.com/download/symbols"], statements: ["ssloptions_advice"]),
    Step(from: "2023-06-26-b", to: "2024-05-17", statements: ["ssloptions_advice"]),
    Step(
      from: "2024-05-17", to: "2024-10-08",
      statements: ["allow_rule_excludes_blob", "blob_no_inspection_exclusion", "scope"]),
    Step(from: "2024-10-08", to: "2026-07-02"),
  ]

  @Test(arguments: steps)
  func stepIsWhatThePagesSay(_ step: Step) throws {
    let library = try CatalogueLibrary.builtIn()
    let diff = CatalogueDiff(from: try library.find(step.from), to: try library.find(step.to))
    var added: [String] = []
    var removed: [String] = []
    var changed: [String] = []
    for change in diff.changes {
      switch change {
      case .added(let endpoint): added.append(endpoint.text)
      case .removed(let endpoint): removed.append(endpoint.text)
      case .changed(_, let endpoint, let fields):
        changed.append("\(endpoint.text): \(fields.joined(separator: ", "))")
      }
    }
    #expect(added.sorted() == step.added.sorted())
    #expect(removed.sorted() == step.removed.sorted())
    #expect(changed.sorted() == step.changed.sorted())
    #expect(diff.statements.map(\.key) == step.statements)
  }

  @Test func stepsCoverAllEditions() throws {
    let versions = try BuiltInCatalogues.all().map(\.version)
    #expect(versions.count == 14)
    #expect([Self.steps[0].from] + Self.steps.map(\.to) == versions)
  }
}
