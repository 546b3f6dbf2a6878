import ArgumentParser
import Audit
import CatalogueReaders
import ComplianceEngine
import EndpointCatalogue
import Foundation
import NetworkSets
import Reports

extension ReportFormat: ExpressibleByArgument {}
extension FailOn: ExpressibleByArgument {}
extension AddressFamily: ExpressibleByArgument {}

/// Where the endpoint computers sit, as the policy sees them.
struct ClientOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Zone or interface by which the clients enter, by the export's own name; HOST for the machine itself.",
      valueName: "zone"))
  var fromZone: String?

  @Option(
    help: ArgumentHelp("Zone or interface by which the Internet is reached.", valueName: "zone"))
  var toZone: String?

  @Option(
    help: ArgumentHelp(
      "Network or address of the clients; may be given several times.", valueName: "cidr"))
  var client: [String] = []

  @Option(help: ArgumentHelp("The scope to judge: vsys, policy, table set.", valueName: "name"))
  var scope: String?

  @Option(help: "Address family of the connections.")
  var family: AddressFamily = .ipv4

  func selection() throws -> ClientSelection {
    var networks: AddressSet?
    for text in client {
      guard let set = AddressSet(parsing: text) else {
        throw ValidationError(
          "`\(text)` is not an address, a network such as 192.0.2.0/24, or a range")
      }
      networks = (networks ?? AddressSet()).union(set)
    }
    return ClientSelection(
      fromZone: fromZone, toZone: toZone, networks: networks, family: family)
  }
}

/// What the user knows beyond the export.
struct KnowledgeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Application as which the firewall may recognise this traffic (its logs tell); may be given several times.",
      valueName: "name"))
  var application: [String] = []

  @Option(
    help: ArgumentHelp(
      "Category that the vendor may give these hosts; may be given several times.",
      valueName: "name"))
  var category: [String] = []

  @Option(
    help: ArgumentHelp(
      "Addresses of names as looked up, CSV (host,address,resolved_on) or JSON; decides rules that name only addresses.",
      valueName: "file"))
  var resolved: [String] = []

  @Option(
    help: ArgumentHelp(
      "Microsoft's ServiceTags_*.json; decides rules that name a service tag.", valueName: "file"))
  var serviceTags: [String] = []

  func knowledge() throws -> OutsideKnowledge {
    var knowledge = OutsideKnowledge(applications: Set(application), categories: Set(category))
    for file in try InputFiles.read(resolved) {
      try KnowledgeFiles.addResolvedNames(file, to: &knowledge)
    }
    for file in try InputFiles.read(serviceTags) {
      try KnowledgeFiles.addServiceTags(file, to: &knowledge)
    }
    return knowledge
  }
}

/// Which edition of which list.
struct CatalogueOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "List to judge against: id, version, id@version, or a catalogue file with its path. Default: newest defender-antivirus.",
      valueName: "id@version"))
  var catalogue: String?

  func chosen() throws -> Catalogue {
    if let catalogue, catalogue.contains("/") {
      let file = try InputFiles.read([catalogue])[0]
      return try CatalogueJSON.read(file.bytes, file: file.name)
    }
    return try CatalogueLibrary.builtIn().find(catalogue)
  }
}

/// How to write the result.
struct OutputOptions: ParsableArguments {
  @Option(help: "Output format: text, json, csv, markdown or html.")
  var format: ReportFormat = .text

  @Option(name: [.short, .long], help: ArgumentHelp("File to write to.", valueName: "file"))
  var output: String?

  @Flag(help: "Give every requirement a line of its own in text output.")
  var all = false

  @Option(
    help: "What makes the exit status 1: blocked (default), conditional, finding, or never.")
  var failOn: FailOn = .blocked

  func write(_ report: AuditReport) throws {
    let style =
      output == nil ? Terminal.style(showsAll: all) : TextReport.Style(width: 100, showsAll: all)
    try Output.write(format.write(report, style: style), to: output)
  }
}

/// The present as ISO-8601 UTC, or the time that tests set.
enum Clock {
  static var now: String {
    if let fixed = ProcessInfo.processInfo.environment["SALLYPORT_NOW"].flatMap({ Moment.parse($0) }
    ) {
      return fixed
    }
    return Moment.text(Date())
  }
}
