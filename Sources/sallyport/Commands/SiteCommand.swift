import ArgumentParser
import Audit
import EndpointCatalogue
import Inventory
import NetworkSets
import Reports

struct SiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "site", abstract: "Sites, their devices and clients.",
    subcommands: [
      List.self, Show.self, Add.self, Set.self, Device.self, Import.self, Affected.self,
      Retire.self, Reopen.self,
    ], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the sites.")

    @Flag(help: "Retired sites, too.")
    var retired = false

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forReading()
        var result = DataTable(
          columns: ["site", "region", "tags", "devices", "clients", "list", "retired"])
        for site in try inventory.sites(includingRetired: retired) {
          result.rows.append([
            .text(site.name), .init(site.region), .text(site.tags.joined(separator: " ")),
            .init(try inventory.devices(of: site.name).count),
            .text(site.clients.map(\.label).joined(separator: "; ")), .init(site.catalogue),
            .init(site.retiredAt),
          ])
        }
        try table.write(result)
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Show a site: its devices in the order in which traffic crosses them, and its clients.")

    @Argument var site: String
    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forReading()
        let record = try inventory.site(named: site)
        var facts: [(String, String)] = [("site", record.name)]
        if let region = record.region { facts.append(("region", region)) }
        if !record.tags.isEmpty { facts.append(("tags", record.tags.joined(separator: " "))) }
        facts.append(("list", ListProfile(record.catalogue).description))
        if let note = record.note { facts.append(("note", note)) }
        if let retired = record.retiredAt { facts.append(("retired", retired)) }
        for device in try inventory.devices(of: site) {
          var text = "hop \(device.hop): \(device.name)"
          if let scope = device.scope { text += ", scope \(scope)" }
          if let zone = device.fromZone { text += ", from zone \(zone)" }
          if let zone = device.toZone { text += ", to zone \(zone)" }
          if let retired = device.retiredAt { text += ", retired \(retired)" }
          facts.append(("device", text))
        }
        for client in record.clients {
          var text = client.label
          if let zone = client.fromZone { text += ", from zone \(zone)" }
          if let zone = client.toZone { text += ", to zone \(zone)" }
          if let networks = client.networks { text += ", \(networks.texts.joined(separator: " "))" }
          facts.append(("client", text))
        }
        if record.clients.isEmpty { facts.append(("client", "as the exports suggest")) }
        let lines = facts.map { PlainText.padded($0.0, to: 9) + PlainText.safe($0.1) }
        try Output.write(lines.joined(separator: "\n") + "\n")
      }
    }
  }

  /// What can be said about a site.
  struct Settings: ParsableArguments {
    @Option(help: "Region or country.")
    var region: String?

    @Option(help: "A remark.")
    var note: String?

    @Option(
      help: ArgumentHelp(
        "List to judge against: an id for the edition in force, id@version for one edition; "
          + "`default` takes the setting back.", valueName: "id[@version]"))
    var catalogue: String?

    @Option(help: ArgumentHelp("A tag; may be given several times.", valueName: "name"))
    var tag: [String] = []

    @Option(
      help: ArgumentHelp(
        "Operating system of the clients, such as Windows; rows of the list for others are left out.",
        valueName: "name"))
    var platform: String?

    @Option(
      help: ArgumentHelp(
        "Where the tenant's data is kept, such as EU; rows for other places are left out.",
        valueName: "name"))
    var geography: String?

    @Option(
      help: ArgumentHelp(
        "The cloud of the tenant, such as GCC High; rows for others are left out.",
        valueName: "name"))
    var cloud: String?

    @Option(
      help: "Whether Defender for Endpoint is in use, whose own list then applies: yes or no.")
    var defenderForEndpoint: YesOrNo?

    enum YesOrNo: String, ExpressibleByArgument, CaseIterable {
      case yes
      case no
    }

    @Option(help: ArgumentHelp("Take a tag away.", valueName: "name"))
    var untag: [String] = []

    @Option(
      help: ArgumentHelp(
        "A client: LABEL=ZONE[>ZONE][@NETWORKS], such as `office=trust>untrust@192.0.2.0/24`; may "
          + "be given several times, and replaces those before.", valueName: "client"))
    var client: [String] = []

    @Flag(help: "Go back to the clients that the exports suggest.")
    var proposedClients = false

    func apply(to site: inout SiteRecord, library: CatalogueLibrary) throws {
      if let region { site.region = region.isEmpty ? nil : region }
      if let note { site.note = note.isEmpty ? nil : note }
      try applyProfile(to: &site, library: library)
      site.tags = Swift.Set(site.tags).union(tag).subtracting(untag).sorted()
      if proposedClients { site.clients = [] }
      if !client.isEmpty { site.clients = try client.map(Self.client) }
    }

    /// Which list the site goes by, and which rows of it.
    private func applyProfile(to site: inout SiteRecord, library: CatalogueLibrary) throws {
      var profile = ListProfile(site.catalogue)
      if let catalogue {
        profile.reference = catalogue == "default" ? nil : catalogue
        if catalogue != "default" { _ = try library.find(catalogue) }
      }
      for text in [platform, geography, cloud].compactMap({ $0 })
      where text.utf8.contains(0x3B) || text.utf8.contains(0x3D) {
        throw ValidationError("`\(text)`: no `;` and no `=` in a platform, geography or cloud")
      }
      if let platform { profile.platform = platform.isEmpty ? nil : platform }
      if let geography { profile.geography = geography.isEmpty ? nil : geography }
      if let cloud { profile.cloud = cloud.isEmpty ? nil : cloud }
      if let defenderForEndpoint { profile.usesDefenderForEndpoint = defenderForEndpoint == .yes }
      site.catalogue = profile.text
    }

    static func client(_ text: String) throws -> SiteRecord.ClientRecord {
      func fail(_ reason: String) -> ValidationError {
        ValidationError("client `\(text)`: \(reason); write LABEL=ZONE[>ZONE][@NETWORKS]")
      }
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw fail("the label is missing")
      }
      let parts = text[text.index(after: equals)...].split(
        separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      let zones = parts[0].split(separator: ">", maxSplits: 1).map(String.init)
      var networks: AddressSet?
      for part in parts.dropFirst().first?.split(separator: ",") ?? [] {
        guard let set = AddressSet(parsing: String(part)) else {
          throw fail("`\(part)` is no address or network")
        }
        networks = (networks ?? AddressSet()).union(set)
      }
      guard !zones.isEmpty || networks != nil else { throw fail("neither a zone nor a network") }
      return SiteRecord.ClientRecord(
        label: String(text[..<equals]), fromZone: zones.first,
        toZone: zones.count > 1 ? zones[1] : nil, networks: networks)
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a site before its first export.")

    @Argument var site: String
    @OptionGroup var settings: Settings
    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forWriting()
        guard try !inventory.sites(includingRetired: true).contains(where: { $0.name == site })
        else {
          throw InventoryError(
            .unknownName, "site `\(site)` exists already",
            advice: "change it with `sallyport site set`")
        }
        var record = SiteRecord(name: site)
        try settings.apply(to: &record, library: CatalogueLibrary(of: inventory))
        try inventory.save(record, now: Clock.now)
      }
    }
  }

  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change what is known about a site.",
      discussion: "Clients and list describe the site for its whole history, which is judged anew.")

    @Argument var site: String
    @OptionGroup var settings: Settings
    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forWriting()
        var record = try inventory.site(named: site)
        try settings.apply(to: &record, library: CatalogueLibrary(of: inventory))
        try inventory.save(record, now: Clock.now)
      }
    }
  }

  struct Device: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say where a device stands on the site's way out, and which scope and zones apply.")

    @Argument var site: String
    @Argument var device: String

    @Option(help: "Place on the way, the client's side first.")
    var hop: Int?

    @Option(help: "Scope to judge; an empty text takes the setting back.")
    var scope: String?

    @Option(help: "Zone by which traffic enters this device; an empty text takes the setting back.")
    var fromZone: String?

    @Option(help: "Zone by which it leaves; an empty text takes the setting back.")
    var toZone: String?

    @Option(help: ArgumentHelp("The device left the way then.", valueName: "date"))
    var retired: String?

    @Flag(help: "Take a retired device back.")
    var bringBack = false

    @Option(
      help: ArgumentHelp(
        "The device whose place it took; the history of the clients goes on.", valueName: "device"))
    var replaces: String?

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forWriting()
        let known = try inventory.devices(of: site)
        guard var record = known.first(where: { $0.name == device }) else {
          throw InventoryError(.unknownName, "site `\(site)` has no device `\(device)`")
        }
        if let replaces {
          guard replaces != device, known.contains(where: { $0.name == replaces }) else {
            throw InventoryError(
              .unknownName, "site `\(site)` has no other device `\(replaces)`",
              advice: "its devices are: \(known.map(\.name).joined(separator: ", "))")
          }
          record.replaces = replaces
        }
        guard !bringBack || retired == nil else {
          throw ValidationError("--retired and --bring-back exclude each other")
        }
        if bringBack { record.retiredAt = nil }
        if let hop { record.hop = hop }
        if let scope { record.scope = scope.isEmpty ? nil : scope }
        if let fromZone { record.fromZone = fromZone.isEmpty ? nil : fromZone }
        if let toZone { record.toZone = toZone.isEmpty ? nil : toZone }
        if let retired { record.retiredAt = try MomentArgument.parse(retired) }
        try inventory.save(record, of: site, now: Clock.now)
      }
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make or change sites from a CSV file.",
      discussion: """
        Columns: site, and where wanted region, tags, note, catalogue, client, from_zone, to_zone, \
        networks. Several rows of one site give it several clients.
        """)

    @Argument(help: ArgumentHelp("The CSV file.", valueName: "file"))
    var file: String

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let list = try SiteList(try InputFiles.read([file])[0])
        let inventory = try database.forWriting()
        let library = try CatalogueLibrary(of: inventory)
        let changed = try list.apply(to: inventory, library: library, now: Clock.now)
        Terminal.say("\(list.sites.count) sites read, \(changed) made or changed")
      }
    }
  }

  struct Affected: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show which sites another edition of the list affects, before it is in force.")

    @Option(
      help: ArgumentHelp("Two editions, such as 2024-10-08..2026-07-02.", valueName: "A..B"))
    var by: String

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var table: TableOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forReading()
        let library = try CatalogueLibrary(of: inventory)
        guard let range = by.firstRange(of: "..") else {
          throw ValidationError("`\(by)` is not of the form A..B")
        }
        let from = try library.find(String(by[..<range.lowerBound]))
        let to = try library.find(String(by[range.upperBound...]))
        var audit = FleetAudit(inventory: inventory, library: library, program: Program.name)
        audit.catalogue = from
        let progress = ProgressLine("judging")
        let before = try audit.report(now: Clock.now, progress: progress.show)
        audit.catalogue = to
        let after = try audit.report(now: Clock.now, progress: progress.show)
        progress.end()
        let result = EditionEffect.table(before.report, after.report)
        try table.write(result)
        if result.rows.isEmpty {
          Terminal.say("no site's verdicts differ between \(from.reference) and \(to.reference)")
        }
      }
    }
  }

  struct Retire: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Close a site; its history stays.")

    @Argument var site: String

    @Option(help: ArgumentHelp("Since when; default: now.", valueName: "date"))
    var at: String?

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forWriting()
        var record = try inventory.site(named: site)
        record.retiredAt = try MomentArgument.parse(at) ?? Clock.now
        try inventory.save(record, now: Clock.now)
      }
    }
  }

  struct Reopen: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take a retired site back.")

    @Argument var site: String
    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try Failure.run {
        let inventory = try database.forWriting()
        var record = try inventory.site(named: site)
        record.retiredAt = nil
        try inventory.save(record, now: Clock.now)
      }
    }
  }
}
