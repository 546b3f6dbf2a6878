/// The vendor's words for kinds of hosts.
///
/// Sources: PaloAltoNetworks/iron-skillet (releases 8.0 to 11.0), URL filtering profiles, which list every
/// category of PAN-DB; docs.paloaltonetworks.com, "Predefined URL Categories". Content updates bring
/// new words: one that is not here is taken for a list that the export lacks, and may still be the
/// vendor's.
enum PANOSCategories {
  /// Whether a word is known as one of the vendor's.
  static func isVendors(_ name: String) -> Bool { words.contains(name) }

  /// Whether a word can be one of the vendor's: small letters, digits and hyphens.
  static func isWellFormed(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D
      }
  }

  private static let words: Set<String> = [
    "abortion", "abused-drugs", "adult", "ai-code-assistant", "ai-conversational-assistant",
    "ai-data-and-workflow-optimizer", "ai-media-service", "ai-meeting-assistant",
    "ai-platform-service", "ai-website-generator", "ai-writing-assistant", "alcohol-and-tobacco",
    "artificial-intelligence", "auctions", "bot-nets", "business-and-economy",
    "command-and-control", "compromised-website", "computer-and-internet-info",
    "confirmed-spam-sources", "content-delivery-networks", "copyright-infringement",
    "cryptocurrency", "dating", "dynamic-dns", "educational-institutions", "encrypted-dns",
    "entertainment-and-arts", "extremism", "financial-services", "gambling", "games", "government",
    "grayware", "hacking", "health-and-medicine", "high-risk", "home-and-garden",
    "hunting-and-fishing", "insufficient-content", "internet-communications-and-telephony",
    "internet-of-things", "internet-portals", "job-search", "keyloggers-and-monitoring", "legal",
    "low-risk", "malware", "marijuana", "medium-risk", "military", "motor-vehicles", "music",
    "newly-registered-domain", "news", "not-resolved", "nudity", "online-storage-and-backup",
    "open-http-proxies", "parked", "peer-to-peer", "personal-sites-and-blogs",
    "philosophy-and-political-advocacy", "phishing", "private-ip-addresses",
    "proxy-avoidance-and-anonymizers", "questionable", "ransomware", "real-estate",
    "real-time-detection", "recreation-and-hobbies", "reference-and-research", "religion",
    "remote-access", "scanning-activity", "search-engines", "sex-education",
    "shareware-and-freeware", "shopping", "social-networking", "society", "spam-urls", "sports",
    "spyware-and-adware", "stock-advice-and-tools", "streaming-media",
    "swimsuits-and-intimate-apparel", "training-and-tools", "translation", "travel",
    "unconfirmed-spam-sources", "unknown", "weapons", "web-advertisements", "web-based-email",
    "web-hosting",
  ]
}
