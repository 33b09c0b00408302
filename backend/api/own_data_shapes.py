"""Everything about one person as it is answered: the words are Chinese, since that person reads the document itself."""

from datetime import date

from pydantic import Field

from backend.api.contract import Returned


class MyLogin(Returned):
    account: str = Field(alias="账号")
    since: str = Field(alias="从")


class MyAgent(Returned):
    kind: str = Field(alias="身份")
    from_day: date = Field(alias="从")
    to_day: date | None = Field(alias="到")
    authority: str = Field(alias="依据")
    wish: str = Field(alias="您的意思")
    confirmed: bool = Field(alias="已核对")
    ended_at: str | None = Field(alias="结束")


class Myself(Returned):
    name: str = Field(alias="姓名")
    born_on: date | None = Field(alias="出生日期")
    town: str = Field(alias="镇(街道)")
    village: str = Field(alias="村(社区)")
    phone: str | None = Field(alias="电话")
    id_number: str | None = Field(alias="身份证号")
    bank_account: str | None = Field(alias="银行账号")
    address: str | None = Field(alias="住址")
    logins: list[MyLogin] = Field(alias="绑定的微信")
    wecom: str | None = Field(alias="企业微信账号")
    created_at: str = Field(alias="登记时间")


class MyResult(Returned):
    outcome: str = Field(alias="认定")
    decided_on: date = Field(alias="认定日期")
    aid_type: str | None = Field(alias="救助类型")
    amount_yuan: str | None = Field(alias="金额(元)")
    valid_from: date | None = Field(alias="从")
    valid_to: date | None = Field(alias="到")
    reason: str | None = Field(alias="理由")


class MyAnswer(Returned):
    question: str = Field(alias="问")
    said: str = Field(alias="答")


class MyApplication(Returned):
    story: str = Field(alias="您写的情况")
    submitted_at: str = Field(alias="提交时间")
    facts: dict[str, str | int] = Field(alias="您填的")
    guide: list[MyAnswer] = Field(alias="导办的问答")


class MyPhoto(Returned):
    id: str = Field(alias="编号")
    stored_at: str = Field(alias="上传时间")
    size_kb: int = Field(alias="大小(KB)")


class MyListing(Returned):
    masked_name: str = Field(alias="公布的姓名")
    published_at: str = Field(alias="公布时间")
    withdrawn_at: str | None = Field(alias="撤下时间")
    is_online: bool = Field(alias="网上能看到")


class MyCase(Returned):
    number: str = Field(alias="编号")
    village: str = Field(alias="村(社区)")
    plain: str = Field(alias="进度")
    reason: str | None = Field(alias="原因")
    household_size: int | None = Field(alias="家庭人数")
    created_at: str = Field(alias="开始时间")
    result: MyResult | None = Field(alias="结果")
    application: MyApplication | None = Field(alias="申请")
    photos: list[MyPhoto] = Field(alias="照片")
    listing: MyListing | None = Field(alias="公布")


class MyDelivery(Returned):
    delivered_at: str = Field(alias="时间")
    amount_yuan: str | None = Field(alias="金额(元)")
    form: str = Field(alias="形式")


class MyUrgentRelief(Returned):
    number: str = Field(alias="编号")
    what_happened: str = Field(alias="情况")
    plain: str = Field(alias="进度")
    reported_at: str = Field(alias="报告时间")
    refused_reason: str | None = Field(alias="没有救助的理由")
    deliveries: list[MyDelivery] = Field(alias="送到的钱物")


class MyMessage(Returned):
    about: str = Field(alias="事由")
    channel: str = Field(alias="方式")
    plain: str = Field(alias="结果")
    sent_at: str | None = Field(alias="送出时间")
    known: str | None = Field(alias="本人知道")


class MyNotice(Returned):
    version: str = Field(alias="版本")
    how: str = Field(alias="方式")
    at: str = Field(alias="时间")


class MyAgreement(Returned):
    title: str = Field(alias="事情")
    version: str = Field(alias="文书版本")
    given_by: str = Field(alias="谁同意的")
    how: str = Field(alias="方式")
    given_at: str = Field(alias="时间")
    withdrawn_at: str | None = Field(alias="撤回时间")


class MyCorrection(Returned):
    field: str = Field(alias="哪一项")
    wanted: str = Field(alias="应该是")
    asked_at: str = Field(alias="时间")
    plain: str = Field(alias="结果")
    answer: str | None = Field(alias="答复")


class MyTurn(Returned):
    who: str = Field(alias="谁")
    text: str = Field(alias="话")


class MyReply(Returned):
    at: str = Field(alias="时间")
    text: str = Field(alias="话")


class MyConversation(Returned):
    opened_at: str = Field(alias="开始时间")
    closed_at: str | None = Field(alias="结束时间")
    turns: list[MyTurn] = Field(alias="说了什么")
    replies: list[MyReply] = Field(alias="回复")


class OwnData(Returned):
    """Moments are minutes of Asia/Shanghai, as a person reads them; money is in yuan."""

    about: str = Field(alias="说明")
    at: str = Field(alias="导出时间")
    myself: Myself = Field(alias="本人")
    cases: list[MyCase] = Field(alias="事项")
    urgent: list[MyUrgentRelief] = Field(alias="紧急救助")
    messages: list[MyMessage] = Field(alias="消息")
    messages_left: dict[str, int] = Field(alias="还能收几条消息")
    lists: list[str] = Field(alias="订阅了哪些村(社区)的名单")
    notices: list[MyNotice] = Field(alias="看过的告知书")
    agreements: list[MyAgreement] = Field(alias="同意和授权")
    agents: list[MyAgent] = Field(alias="谁能替您办")
    corrections: list[MyCorrection] = Field(alias="更正请求")
    conversations: list[MyConversation] = Field(alias="和工作人员的对话")
