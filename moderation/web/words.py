"""Every word of the review desk, in Chinese and in English, as data."""

from collections.abc import Mapping

from moderation.web.fold_words import FOLDS
from moderation.web.picture_words import PICTURES

LANGUAGES = ("zh", "en")
"""The languages of the desk; the first is the one that a visitor gets who has not chosen."""

WORDS: Mapping[str, tuple[str, str]] = {
    # The frame of every page
    "desk": ("内容审核台", "Review desk"),
    "nav.queue": ("待审队列", "Queue"),
    "nav.confirmations": ("待确认", "Confirmations"),
    "nav.webhooks": ("推送失败", "Failed deliveries"),
    "nav.done": ("今日已处理 {n}", "Done today: {n}"),
    "nav.language": ("English", "中文"),
    "nav.logout": ("退出", "Sign out"),
    "nav.skip": ("跳到正文", "Skip to content"),
    "nav.keys": ("快捷键", "Keys"),
    "action.cancel": ("取消", "Cancel"),
    "action.confirm": ("确定", "Confirm"),
    "action.reload": ("重新加载", "Reload"),
    "action.back": ("返回队列", "Back to the queue"),
    "offline": (
        "网络不通或服务暂不可用，刚才的操作没有提交；已填写的内容还在，请稍后再试。",
        "The server cannot be reached: nothing was submitted. What you typed is still here; please try again.",
    ),
    # Signing in
    "login.title": ("登录", "Sign in"),
    "login.lead": ("使用审核员帐号登录", "Sign in with your reviewer account"),
    "login.username": ("用户名", "Username"),
    "login.password": ("密码", "Password"),
    "login.submit": ("登录", "Sign in"),
    "login.wrong": ("用户名或密码不正确。", "The username or the password is wrong."),
    "login.paused": ("失败次数过多，请 {minutes} 分钟后再试。", "Too many failures. Try again in {minutes} min."),
    # The queue
    "queue.pending": ("待审", "Pending"),
    "queue.mine": ("我领取的", "Mine"),
    "queue.resolved": ("已处理", "Resolved"),
    "queue.all_categories": ("全部违规类型", "All categories"),
    "queue.filter": ("筛选", "Filter"),
    "queue.next": ("领取下一条", "Claim the next"),
    "queue.count": ("共 {n} 条", "{n} in all"),
    "queue.order": ("按严重程度、等待时间排序", "By severity, then waiting time"),
    "queue.order_resolved": ("最近处理的在前", "Latest first"),
    "queue.empty": ("队列已清空", "The queue is empty"),
    "queue.empty_more": (
        "没有待审案件。新案件会自动出现在这里，无需刷新。",
        "No case is waiting. New ones appear here by themselves.",
    ),
    "queue.empty_mine": ("你还没有领取案件", "You have claimed no case"),
    "queue.empty_mine_more": ("按 N 领取最严重、等待最久的一条。", "Press N to claim the worst, then oldest, case."),
    "queue.empty_resolved": ("还没有已处理的案件", "No case has been resolved yet"),
    "queue.empty_filter": ("该违规类型下没有案件", "No case of this category"),
    "queue.clear": ("清除筛选", "Clear the filter"),
    "said.none_left": ("没有可领取的案件了。", "There is no case left to claim."),
    "queue.account": ("帐号", "Account"),
    "queue.waiting": ("已等待", "Waiting"),
    "queue.by": ("处理人", "Reviewer"),
    "queue.unclaimed": ("未领取", "Unclaimed"),
    "queue.you": ("你", "You"),
    "queue.lapsed": ("领取已过期", "Claim expired"),
    "queue.newer": ("上一页", "Previous"),
    "queue.older": ("下一页", "Next"),
    "queue.page": ("第 {page} / {pages} 页", "Page {page} of {pages}"),
    "queue.picture": ("［图片 {n} 张］", "[pictures: {n}]"),
    "queue.no_text": ("（无文本）", "(no text)"),
    # A case
    "case.title": ("案件", "Case"),
    "case.waiting": ("已等待 {age}", "Waiting {age}"),
    "case.claim": ("领取", "Claim"),
    "case.release": ("释放", "Release"),
    "case.next": ("下一条", "Next case"),
    "case.undo": ("撤销", "Undo"),
    "case.unclaimed": ("未领取，可直接处理或先领取", "Unclaimed: claim it, or decide at once"),
    "case.mine": ("由你领取", "Claimed by you"),
    "case.lease": ("剩余", "Time left"),
    "case.others": ("{who} 正在处理", "{who} is working on it"),
    "case.others_more": ("领取到期或释放后才能处理；页面为只读。", "Read-only while they have it."),
    "case.resolved": ("{who} 于 {when} 处理完毕", "Resolved by {who}, {when}"),
    "case.undo_note": (
        "撤销会退回本案的处置与记分，案件重新进入队列。",
        "Undo takes back this case's measures and strikes, and opens it again.",
    ),
    "case.incomplete": (
        "机审尚未完成，结果更新后会在此提示。",
        "The machine has not finished; you will be told here when it has.",
    ),
    "case.no_screening": (
        "本案由整改逾期触发，没有对应的送审记录。",
        "Opened by a deadline that lapsed; no submission is behind it.",
    ),
    "case.account_none": (
        "送审未关联帐号：只记录结论，不产生处置。",
        "No account is attached: the decision is recorded, no measure follows.",
    ),
    "case.policy": ("策略版本", "Policy version"),
    "case.history": ("案件记录", "Case history"),
    "case.history_times": ("共 {n} 次", "{n} times"),
    # An item of a case
    "item.machine": ("机审", "Machine"),
    "item.unchecked": ("未完成的检查", "Not checked"),
    "item.problem": ("异常", "Problem"),
    "item.no_hits": ("没有命中具体字符", "No hit at particular characters"),
    "item.text": ("命中内容", "Matched"),
    "item.folded": ("还原后", "Read as"),
    "item.category": ("违规类型", "Category"),
    "item.score": ("分值", "Score"),
    "item.source": ("来源", "Source"),
    "item.earned": ("判定", "Earns"),
    "item.folds": ("变形手法", "Disguise"),
    "item.whole": ("整条内容", "the whole item"),
    "item.joined": ("跨字段组合命中", "across fields"),
    "item.shadow": ("试运行，不参与判定", "shadow, does not count"),
    "item.excused": ("语义模型通读未见违规，仅记录", "the classifier finds nothing in the whole text: recorded only"),
    "item.plain": ("原样书写", "as listed"),
    "item.scores": ("模型与规则评分", "Scores"),
    "item.scores_legend": ("刻线：复核 / 拒绝阈值", "Ticks: review and reject thresholds"),
    "item.message": ("作者将看到", "What the author is told"),
    "item.version": ("数据版本", "Data version"),
    "item.characters": ("{n} 字", "{n} characters"),
    "item.picture": ("图片 {n}", "Picture {n}"),
    "item.reveal": ("悬停或按住 B 查看原图", "Hover or hold B to see it plainly"),
    "item.gone": ("图片已不在库中", "The picture is no longer kept"),
    "item.verdict": ("结论", "Verdict"),
    "item.choose": ("请选择违规类型", "Choose a category"),
    # The decision
    "decide.title": ("审核结论", "Decision"),
    "decide.pass": ("通过", "Pass"),
    "decide.reject": ("驳回", "Reject"),
    "decide.pass_all": ("全部通过", "Pass all"),
    "decide.reject_all": ("全部驳回", "Reject all"),
    "decide.measure": ("处置建议", "Measure"),
    "decide.action": ("处置方式", "Action"),
    "decide.recommended": ("{action}（建议）", "{action} (advised)"),
    "decide.reason": (
        "有效违规 {before} 分 ＋ 本次 {severity} 分 ＝ {points} 分，建议：{action}",
        "{before} strike points + {severity} for this = {points}: {action}",
    ),
    "decide.registration": ("驳回后自动执行「不予注册」。", "A rejection refuses the registration by itself."),
    "decide.nothing": ("不处置，仅记录违规", "No measure, only the strike"),
    "decide.days": ("天数", "Days"),
    "decide.no_end": ("留空为长期", "empty: no end"),
    "decide.until": ("至 {when}", "until {when}"),
    "decide.functions": ("限制功能", "Functions"),
    "decide.notice": ("通知用户", "Notice to the user"),
    "decide.notice_hint": ("留空则使用违规类型的标准通知", "Empty: the category's standard notice"),
    "decide.second": ("终止需第二人确认后才生效。", "Termination waits for a second person's confirmation."),
    "decide.note": ("审核备注", "Note"),
    "decide.note_hint": ("仅内部可见", "Stays inside"),
    "decide.draft": ("草稿已自动保存", "Draft kept"),
    "decide.submit": ("提交并看下一条", "Submit and go on"),
    "decide.submit_stay": ("仅提交", "Submit"),
    "decide.done_pass": ("已通过", "Passed"),
    "decide.done_reject": ("已驳回", "Rejected"),
    "decide.proposed": ("终止已提交，待第二人确认", "Termination proposed, waiting for a second person"),
    "said.undone": ("已撤销，案件重新打开", "Undone; the case is open again"),
    "decide.changed": ("案件自你打开后有变化", "The case changed since you opened it"),
    "decide.taken": ("{who} 已领取这个案件", "{who} has claimed this case"),
    "decide.resolved": ("{who} 已于 {when} 将案件处理为「{verdict}」", "{who} resolved it {when}: {verdict}"),
    "decide.updated": (
        "机审结果有更新（第 {mine} 版 → 第 {current} 版），现违规类型：{categories}",
        "The machine's result changed (version {mine} → {current}); categories now: {categories}",
    ),
    "decide.kept": (
        "你填写的备注和结论已保留，重新加载后会恢复。",
        "Your note and verdicts are kept and come back after the reload.",
    ),
    "decide.unclaimable": ("案件不在你名下，无法释放。", "The case is not yours to release."),
    "undo.late": (
        "撤销时限已过；如需改判，请在帐号页解除处置。",
        "Too late to undo; lift the measure on the account's page instead.",
    ),
    "undo.others": ("只有作出结论的 {who} 可以撤销。", "Only {who}, who decided, can undo it."),
    "undo.open": ("案件尚未处理，无需撤销。", "The case is not resolved: there is nothing to undo."),
    # What is wrong with what was entered
    "error.check": ("请先更正以下内容", "Please correct this first"),
    "error.verdict": ("第 {n} 项尚未选择通过或驳回", "Item {n}: choose pass or reject"),
    "error.category": ("第 {n} 项驳回时请选择违规类型", "Item {n}: choose a category to reject it"),
    "error.days": ("期限须为 1–3650 的整数天", "Days: a whole number from 1 to 3650"),
    "error.action": ("请选择处置方式", "Choose a measure"),
    "error.functions": ("请选择要限制的功能", "Choose the functions to restrict"),
    "error.other": ("{field}：{reason}；{fix}", "{field}: {reason}; {fix}"),
    "error.not_found": ("没有找到", "Not found"),
    "error.not_found_more": ("它可能已被删除，或链接有误。", "It may be gone, or the link is wrong."),
    "error.forged": ("页面已过期", "This page has expired"),
    "error.forged_more": (
        "登录状态有变化，操作没有执行，请重新加载后再试。",
        "Your session changed, so nothing was done. Reload and try again.",
    ),
    "error.check_more": ("提交的内容不完整。", "What was submitted is incomplete."),
    "error.own": ("需由他人确认", "Somebody else confirms"),
    "error.own_more": (
        "这项处置由你提出，须由另一位审核员确认。",
        "You proposed this measure; another reviewer has to confirm it.",
    ),
    "error.denied": ("没有权限", "Not permitted"),
    "error.denied_more": ("仅管理员可用。", "For administrators only."),
    "error.conflict": ("状态已变化", "The state has changed"),
    "error.conflict_more": (
        "其他人先一步作了处理，刚才的操作没有执行。",
        "Somebody else was there first, so nothing was done.",
    ),
    # An account
    "account.title": ("帐号", "Account"),
    "account.panel": ("帐号情况", "Account"),
    "account.open": ("查看帐号", "Open the account"),
    "account.new": ("注册中，尚无帐号资料", "Being registered: no profile yet"),
    "account.points": ("有效违规分", "Strike points"),
    "account.created": ("注册时间", "Created"),
    "account.third_party": ("第三方来源", "Signed up through"),
    "account.profile": ("现有资料", "Profile"),
    "account.no_profile": ("没有已通过的资料", "Nothing has passed yet"),
    "account.strikes": ("违规记分", "Strikes"),
    "account.no_strikes": ("没有违规记录", "No strikes"),
    "account.strike_until": ("{when} 失效", "expires {when}"),
    "account.strike_expired": ("已失效", "expired"),
    "account.strike_cleared": ("已撤回", "taken back"),
    "account.measures": ("处置记录", "Measures"),
    "account.no_measures": ("没有处置记录", "No measures"),
    "account.cases": ("案件", "Cases"),
    "account.no_cases": ("没有案件", "No cases"),
    "account.history": ("送审历史", "Earlier submissions"),
    "account.no_history": ("没有更早的送审", "Nothing earlier"),
    "account.lift": ("解除", "Lift"),
    "account.lift_sure": (
        "确定解除「{action}」？帐号系统会收到通知。",
        "Lift “{action}”? The account system is told of it.",
    ),
    "account.until": ("至 {when}", "until {when}"),
    "account.by": ("{who} 于 {when}", "by {who}, {when}"),
    "account.ended": ("{who} 于 {when} 结束", "ended by {who}, {when}"),
    "account.confirmed": ("{who} 确认", "confirmed by {who}"),
    "account.field": ("涉及", "About"),
    "account.points_unit": ("{n} 分", "{n} pt"),
    "said.lifted": ("已解除", "Lifted"),
    # Confirmations
    "confirm.title": ("待确认的处置", "Measures to confirm"),
    "confirm.lead": (
        "终止帐号需两人：提出人之外的另一位审核员确认后才生效。",
        "Termination takes two people: somebody other than who proposed it confirms.",
    ),
    "confirm.empty": ("没有待确认的处置", "Nothing waits for confirmation"),
    "confirm.empty_more": (
        "有人提出终止后，会出现在这里等待第二人确认。",
        "A proposed termination appears here for a second person.",
    ),
    "confirm.agree": ("确认执行", "Confirm"),
    "confirm.decline": ("不同意", "Decline"),
    "confirm.own": ("由你提出，需他人确认", "You proposed it: somebody else confirms"),
    "confirm.agree_sure": (
        "确定终止帐号 {account}？此操作会立即生效并通知帐号系统。",
        "Terminate the account {account}? It takes effect at once.",
    ),
    "said.agreed": ("已确认，处置生效", "Confirmed; the measure is in force"),
    "said.declined": ("已驳回该处置", "Declined"),
    "confirm.proposed_by": ("提出人", "Proposed by"),
    # Failed deliveries
    "hooks.title": ("推送失败的消息", "Messages that could not be delivered"),
    "hooks.lead": (
        "多次重试仍失败的消息停在这里；排除故障后可重新投递。",
        "Given up after many tries; once the cause is fixed, send them again.",
    ),
    "hooks.empty": ("全部送达", "Everything was delivered"),
    "hooks.empty_more": ("没有投递失败的消息。", "No message was given up."),
    "hooks.type": ("事件", "Event"),
    "hooks.url": ("接收地址", "Receiver"),
    "hooks.error": ("失败原因", "Reason"),
    "hooks.tries": ("尝试 {n} 次", "{n} tries"),
    "hooks.retry": ("重试", "Retry"),
    "said.retried": ("已重新排入投递", "Queued for delivery again"),
    # Keyboard
    "keys.title": ("键盘快捷键", "Keyboard"),
    "keys.p": ("全部通过", "pass all items"),
    "keys.r": ("全部驳回", "reject all items"),
    "keys.digits": ("切换第 N 项 通过 / 驳回", "toggle item N: pass, reject"),
    "keys.submit": ("提交结论", "submit"),
    "keys.c": ("领取", "claim"),
    "keys.x": ("释放", "release"),
    "keys.n": ("领取下一条", "claim the next case"),
    "keys.u": ("撤销", "undo"),
    "keys.b": ("按住查看原图", "hold to see pictures plainly"),
    "keys.m": ("写备注", "write a note"),
    "keys.q": ("返回队列", "back to the queue"),
    "keys.jk": ("上 / 下一行", "next, previous row"),
    "keys.enter": ("打开选中的案件", "open the selected case"),
    "keys.help": ("打开本帮助", "this help"),
    # Time
    "ago.now": ("刚刚", "just now"),
    "ago": ("{age}前", "{age} ago"),
    "age.seconds": ("{n} 秒", "{n} s"),
    "age.minutes": ("{n} 分钟", "{n} min"),
    "age.hours": ("{n} 小时", "{n} h"),
    "age.days": ("{n} 天", "{n} d"),
    "zone": ("北京时间", "Beijing time"),
    # Codes of the data
    "verdict.pass": ("通过", "pass"),
    "verdict.review": ("待复核", "review"),
    "verdict.reject": ("拒绝", "reject"),
    "severity.1": ("轻微", "Minor"),
    "severity.2": ("一般", "Medium"),
    "severity.3": ("严重", "Serious"),
    "severity.4": ("重大", "Critical"),
    "kind.username": ("用户名", "username"),
    "kind.bio": ("简介", "bio"),
    "kind.avatar": ("头像", "avatar"),
    "kind.post": ("帖子", "post"),
    "scene.registration": ("注册", "registration"),
    "scene.profile_change": ("资料修改", "profile change"),
    "scene.third_party_login": ("第三方登录", "third-party login"),
    "scene.post": ("发布", "posting"),
    "scene.rescan": ("存量复扫", "rescan"),
    "reason.screening": ("机审转人工", "from screening"),
    "reason.rescan": ("存量复扫", "from a rescan"),
    "reason.lapse": ("整改逾期", "a deadline lapsed"),
    "status.open": ("待领取", "open"),
    "status.claimed": ("处理中", "claimed"),
    "status.resolved": ("已处理", "resolved"),
    "check.keywords": ("关键词", "keywords"),
    "check.contacts": ("联系方式", "contacts"),
    "check.names": ("名称规则", "name rules"),
    "check.classifier": ("语义模型", "classifier"),
    "check.image": ("图片", "pictures"),
    **FOLDS,
    **PICTURES,
    "measure.refuse_registration": ("不予注册", "Refuse registration"),
    "measure.remove_content": ("删除内容", "Remove content"),
    "measure.rectify": ("限期改正", "Rectify by a deadline"),
    "measure.restrict": ("限制使用", "Restrict"),
    "measure.suspend": ("暂停使用", "Suspend"),
    "measure.terminate": ("终止帐号", "Terminate"),
    "measure.restore": ("恢复使用", "Restore"),
    "measure_status.proposed": ("待确认", "to confirm"),
    "measure_status.active": ("生效中", "in force"),
    "measure_status.lifted": ("已解除", "lifted"),
    "measure_status.ended": ("已结束", "ended"),
    "measure_status.declined": ("未获确认", "declined"),
    "standing.active": ("正常", "active"),
    "standing.rectifying": ("限期改正中", "rectifying"),
    "standing.restricted": ("限制使用中", "restricted"),
    "standing.suspended": ("已暂停", "suspended"),
    "standing.refused": ("不予注册", "refused"),
    "standing.terminated": ("已终止", "terminated"),
    "function.post": ("发帖", "post"),
    "function.comment": ("评论", "comment"),
    "function.message": ("私信", "message"),
    "function.change_username": ("改用户名", "change username"),
    "function.change_avatar": ("换头像", "change avatar"),
    "function.change_bio": ("改简介", "change bio"),
    "function.trade": ("交易", "trade"),
    "event.case.opened": ("进入人工审核", "opened"),
    "event.case.claimed": ("领取", "claimed"),
    "event.case.released": ("释放", "released"),
    "event.case.updated": ("机审结果更新", "updated by the machine"),
    "event.case.resolved": ("作出结论", "resolved"),
    "event.case.undone": ("撤销结论", "undone"),
    "actor.machine": ("机器", "machine"),
    "actor.key": ("接口 {name}", "API {name}"),
}


class Words:
    """The words of one language.

    >>> Words("zh")("case.waiting", age="3 分钟")
    '已等待 3 分钟'
    >>> Words("en").code("verdict", "review"), Words("en").code("fold", "leetspeak")
    ('review', 'leetspeak')
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._at = LANGUAGES.index(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """Raises KeyError for a key that is not in the table."""
        said = WORDS[key][self._at]
        return said.format(**values) if values else said

    def code(self, group: str, code: str) -> str:
        """The word for a code of the data; the code itself where the table does not know it yet."""
        found = WORDS.get(f"{group}.{code}")
        return found[self._at] if found else code

    def joined(self, words: list[str]) -> str:
        """
        >>> Words("zh").joined(["大小写", "繁简"])
        '大小写、繁简'
        """
        return self.comma.join(words)

    @property
    def comma(self) -> str:
        """What stands between the words of a list."""
        return "、" if self.language == "zh" else ", "
